import { selectMatching } from '../../memory/catalogue/matchers';
import { isPulseError } from '../../model/errors';
import type { Series } from '../../model/series';
import { log } from '../../observe/log';
import type { Scheduler } from '../../runtime/work/scheduler';
import { Work } from '../../runtime/work/work';
import type { ArrivalLog } from '../changes/arrival-log';
import type { LiveGroup } from './live-group';
import type { LiveQuery } from './live-query';

/** A series to be looked at, for one operand of a query. */
interface NewSeries {
  series: Series;
  operandIndex: number;
  /** Epoch ms. */
  since: number;
}

export interface NewSeriesParts {
  arrivals: ArrivalLog;
  now(): number;
  scheduler: Scheduler;
  /** Adds a series to one operand of a query. @returns its group; null when there are too many. */
  join(query: LiveQuery, series: Series, operandIndex: number): LiveGroup | null;
}

/**
 * Series that were created while a query could not look at them: they join it afterwards, with the samples that arrived
 * meanwhile.
 */
export class NewSeriesQueue {
  private readonly waiting = new Map<LiveQuery, NewSeries[]>();
  private readonly looking = new Set<LiveQuery>();

  constructor(private readonly parts: NewSeriesParts) {}

  add(query: LiveQuery, found: Pick<NewSeries, 'series' | 'operandIndex'>): void {
    const entry = { ...found, since: this.parts.now() };
    const others = this.waiting.get(query);
    if (others) others.push(entry);
    else this.waiting.set(query, [entry]);
  }

  forget(query: LiveQuery): void {
    this.waiting.delete(query);
  }

  /** Looks at those that wait, until none does. */
  async take(query: LiveQuery): Promise<void> {
    if (this.looking.has(query)) return;
    this.looking.add(query);
    try {
      for (let some = this.waiting.get(query); some; some = this.waiting.get(query)) {
        this.waiting.delete(query);
        await this.lookAt(query, some);
      }
    } catch (error) {
      if (!isPulseError(error)) throw error;
      log().warn({ err: error, query: query.question.text }, 'new series are not shown live');
    } finally {
      this.looking.delete(query);
    }
  }

  private async lookAt(query: LiveQuery, added: readonly NewSeries[]): Promise<void> {
    for (const [index, { matchers }] of query.question.operands.entries()) {
      const ofOperand = added.filter(({ operandIndex }) => operandIndex === index);
      const since = Math.min(...ofOperand.map((entry) => entry.since));
      const joined = new Set<LiveGroup>();
      const series = ofOperand.map((entry) => entry.series);
      for await (const some of selectMatching(series, matchers, Work.ofOurs(this.parts.scheduler))) {
        if (!query.isWatched) return;
        for (const each of some) {
          const group = this.parts.join(query, each, index);
          if (group) joined.add(group);
        }
      }
      const from = query.changedSince(this.parts.arrivals, since);
      const now = this.parts.now();
      for (const group of joined) query.marks.requestSince(group, from, now);
    }
  }
}
