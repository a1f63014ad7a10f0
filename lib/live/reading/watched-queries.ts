import { selectMatching } from '../../memory/catalogue/matchers';
import type { RingSync } from '../../memory/ring/ring-sync';
import { PulseError } from '../../model/errors';
import type { Series } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { type MatchingWork, refusedWork, Work } from '../../runtime/work/work';
import type { ArrivalLog } from '../changes/arrival-log';
import type { Changes } from '../changes/changes';
import type { LiveGroup } from './live-group';
import { LiveQuery, type LiveQueryParts } from './live-query';
import type { LiveQuestion } from './live-question';
import { NewSeriesQueue } from './new-series';
import type { QueryReader } from './readers';

/** Watches of series that all queries together may have: each takes some 30 bytes. */
const MAX_WATCHES = 10_000_000;
const RETRY_AFTER_MS = 5 * SECOND;

export interface WatchedQueriesParts {
  query: LiveQueryParts;
  changes: Pick<Changes, 'size' | 'watch' | 'unwatch'>;
  arrivals: ArrivalLog;
  ringSync?: Pick<RingSync, 'watch'>;
}

/**
 * The questions with readers, and in which of their groups each series is. A question with its first reader goes
 * through every series of its metric, in turns with other work; a series that is created meanwhile, or whose labels
 * have to be matched by a regular expression, is looked at afterwards.
 */
export class WatchedQueries {
  private readonly byText = new Map<string, LiveQuery>();
  private readonly byMetric = new Map<string, Set<LiveQuery>>();
  private readonly openings = new Map<LiveQuery, Promise<void>>();
  private readonly ringWatches = new Map<LiveQuery, () => void>();
  private readonly newSeries: NewSeriesQueue;

  constructor(private readonly parts: WatchedQueriesParts) {
    this.newSeries = new NewSeriesQueue({
      arrivals: parts.arrivals,
      now: parts.query.now,
      scheduler: parts.query.scheduler,
      join: (query, series, operandIndex) => this.join(query, series, operandIndex),
    });
  }

  get size(): number {
    return this.byText.size;
  }

  all(): Iterable<LiveQuery> {
    return this.byText.values();
  }

  of(metric: string): Iterable<LiveQuery> {
    return this.byMetric.get(metric) ?? [];
  }

  /** @throws PulseError `bad_parameter` for a wrong expression, `too_expensive`, `too_busy`, `too_many_streams`. */
  async watch(question: LiveQuestion, reader: QueryReader, work: MatchingWork): Promise<LiveQuery> {
    for (;;) {
      const query = this.byText.get(question.text) ?? this.begin(question, work);
      query.readers.add(reader);
      try {
        await this.openings.get(query);
        reader.since = query.marks.seq;
        return query;
      } catch (error) {
        this.unwatch(query, reader);
        // The reader that began to watch it was refused, or has left: this one tries by itself.
        if ((refusedWork(error) ?? work) === work) throw error;
      }
    }
  }

  unwatch(query: LiveQuery, reader: QueryReader): void {
    if (query.readers.delete(reader) && !query.isWatched) this.drop(query);
  }

  /** A series was created. */
  take(series: Series): void {
    for (const query of this.of(series.metric.name)) {
      this.watchRing(query);
      for (const [index, { metric }] of query.question.operands.entries()) {
        if (metric !== series.metric.name) continue;
        const admits = query.question.admits[index];
        if (this.openings.has(query) || !admits) this.takeLater(query, series, index);
        else if (admits(series)) this.join(query, series, index);
      }
    }
  }

  private begin(question: LiveQuestion, work: MatchingWork): LiveQuery {
    const query = new LiveQuery(question, this.parts.query);
    this.byText.set(question.text, query);
    for (const { metric } of question.operands) {
      const sameMetric = this.byMetric.get(metric);
      if (sameMetric) sameMetric.add(query);
      else this.byMetric.set(metric, new Set([query]));
    }
    this.watchRing(query);
    const opening = this.open(query, work);
    this.openings.set(query, opening);
    opening.catch(() => this.drop(query));
    return query;
  }

  private async open(query: LiveQuery, work: MatchingWork): Promise<void> {
    const { changes } = this.parts;
    const { metrics } = this.parts.query.memory.registry;
    // Those that are created from now on are passed to `take`.
    const known = query.question.operands.map(({ metric }) => metrics.get(metric)?.series.slice());
    for (const [index, { matchers }] of query.question.operands.entries()) {
      for await (const some of selectMatching(known[index] ?? [], matchers, work)) {
        const { byKey } = query.groups;
        for (const each of some) if (!this.join(query, each, index)) query.groups.limit(byKey.size + 1);
        query.groups.limit(byKey.size);
        if (changes.size > MAX_WATCHES)
          throw new PulseError('too_many_streams', 'This server watches as many series as it may.', {
            retryAfterMs: RETRY_AFTER_MS,
          });
      }
    }
    this.openings.delete(query);
    query.begin();
    void this.newSeries.take(query);
  }

  private join(query: LiveQuery, series: Series, operandIndex: number): LiveGroup | null {
    const group = query.groups.admit(series, operandIndex);
    if (group) this.parts.changes.watch(series, group.watches[operandIndex]);
    return group;
  }

  private watchRing(query: LiveQuery): void {
    const { ringSync } = this.parts;
    const { metrics } = query.groups;
    if (!ringSync || !metrics || this.ringWatches.has(query)) return;
    const stops = metrics.map((metric) => ringSync.watch(metric));
    this.ringWatches.set(query, () => {
      for (const stop of stops) stop();
    });
  }

  private takeLater(query: LiveQuery, series: Series, operandIndex: number): void {
    this.newSeries.add(query, { series, operandIndex });
    if (!this.openings.has(query)) void this.newSeries.take(query);
  }

  private drop(query: LiveQuery): void {
    const { text, operands } = query.question;
    query.end();
    if (this.byText.get(text) !== query) return;
    this.byText.delete(text);
    this.openings.delete(query);
    this.newSeries.forget(query);
    this.ringWatches.get(query)?.();
    this.ringWatches.delete(query);
    for (const { metric } of operands) {
      const sameMetric = this.byMetric.get(metric);
      sameMetric?.delete(query);
      if (sameMetric?.size === 0) this.byMetric.delete(metric);
    }
    void this.forget(query);
  }

  /** At its turn: there may be a million of them. */
  private async forget(query: LiveQuery): Promise<void> {
    const work = Work.ofOurs(this.parts.query.scheduler);
    await work.run(async () => {
      for (const group of query.groups.all) {
        for (const watch of group.watches) {
          for (const series of group.seriesByOperand[watch.operandIndex]) {
            if (work.isDue('live')) await work.pause();
            this.parts.changes.unwatch(series, watch);
          }
        }
      }
    });
  }
}
