import { selectMatching } from '../../memory/catalogue/matchers';
import { isPulseError } from '../../model/errors';
import type { Series } from '../../model/series';
import { log } from '../../observe/log';
import { Work } from '../../runtime/work/work';
import type { ArrivalLog } from '../changes/arrival-log';
import type { LiveGroup } from './live-group';
import type { LiveQuery } from './live-query';

/** A series to be looked at, for one operand of a query. */
interface Newcomer {
  series: Series;
  operandIndex: number;
  /** Epoch ms. */
  since: number;
}

export interface NewcomersParts {
  arrivals: ArrivalLog;
  now(): number;
  /** Adds a series to one operand of a query. @returns its group; null when there are too many. */
  join(query: LiveQuery, series: Series, operandIndex: number): LiveGroup | null;
}

/** Series that came to be while nobody looked: they join queries afterwards, and what came of them meanwhile is told. */
export class Newcomers {
  private readonly waiting = new Map<LiveQuery, Newcomer[]>();
  private readonly looking = new Set<LiveQuery>();

  constructor(private readonly parts: NewcomersParts) {}

  add(query: LiveQuery, found: Pick<Newcomer, 'series' | 'operandIndex'>): void {
    const newcomer = { ...found, since: this.parts.now() };
    const others = this.waiting.get(query);
    if (others) others.push(newcomer);
    else this.waiting.set(query, [newcomer]);
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

  private async lookAt(query: LiveQuery, newcomers: readonly Newcomer[]): Promise<void> {
    for (const [index, { matchers }] of query.question.operands.entries()) {
      const ofOperand = newcomers.filter(({ operandIndex }) => operandIndex === index);
      const since = Math.min(...ofOperand.map((newcomer) => newcomer.since));
      const joined = new Set<LiveGroup>();
      const series = ofOperand.map((newcomer) => newcomer.series);
      for await (const some of selectMatching(series, matchers, Work.ofOurs())) {
        if (!query.isWatched) return;
        for (const each of some) {
          const group = this.parts.join(query, each, index);
          if (group) joined.add(group);
        }
      }
      const from = query.changedSince(this.parts.arrivals, since);
      const now = this.parts.now();
      for (const group of joined) query.marks.wantSince(group, from, now);
    }
  }
}
