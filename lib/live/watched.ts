import { selectMatching } from '../memory/catalogue/matchers';
import type { Registry } from '../memory/catalogue/registry';
import type { RingSync } from '../memory/ring/ring-sync';
import { isPulseError, PulseError } from '../model/errors';
import type { Series } from '../model/series';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { refusedWork, Work } from '../runtime/work/work';
import type { ArrivalLog } from './arrival-log';
import type { LiveGroup, LivePlace } from './live-group';
import { LiveQuery, type LiveQueryParts, type Moment, type QueryReader } from './live-query';
import type { LiveQuestion } from './live-question';

/** Places of series in groups that all queries together may have: each takes some 30 bytes. */
const MAX_PLACES = 10_000_000;
const RETRY_AFTER_MS = 5 * SECOND;

export interface WatchedQueriesParts {
  registry: Registry;
  query: LiveQueryParts;
  arrivals: ArrivalLog;
  ringSync?: Pick<RingSync, 'watch'>;
  /** The newest there was. */
  moment(): Moment;
}

/** A series to be looked at, for a side of a query. */
interface Newcomer {
  series: Series;
  side: number;
  /** Epoch ms. */
  since: number;
}

/**
 * The questions that streams watch, and in which of their groups each series is. A question that is watched for the
 * first time looks at every series of its metric, and so at its turn; a series that comes to be meanwhile, or whose
 * labels a regular expression has to tell, is looked at afterwards.
 */
export class WatchedQueries {
  private readonly byText = new Map<string, LiveQuery>();
  private readonly byMetric = new Map<string, Set<LiveQuery>>();
  private readonly placesOf = new Map<Series, LivePlace[]>();
  private places = 0;
  private readonly openings = new Map<LiveQuery, Promise<void>>();
  private readonly coverings = new Map<LiveQuery, () => void>();
  /** Series to be looked at; those of a query that is looking are taken when it is done. */
  private readonly newcomers = new Map<LiveQuery, Newcomer[]>();
  private readonly looking = new Set<LiveQuery>();

  constructor(private readonly parts: WatchedQueriesParts) {}

  get size(): number {
    return this.byText.size;
  }

  all(): Iterable<LiveQuery> {
    return this.byText.values();
  }

  of(metric: string): Iterable<LiveQuery> {
    return this.byMetric.get(metric) ?? [];
  }

  /** Where a series stands, in one group of a query and side. */
  placesIn(series: Series): readonly LivePlace[] {
    return this.placesOf.get(series) ?? [];
  }

  /** @throws PulseError `bad_parameter` for a wrong expression, `too_expensive`, `too_busy`, `too_many_streams`. */
  async watch(question: LiveQuestion, reader: QueryReader, work: Work): Promise<LiveQuery> {
    for (;;) {
      const query = this.byText.get(question.text) ?? this.begin(question, work);
      query.readers.add(reader);
      try {
        await this.openings.get(query);
        reader.since = query.seq;
        return query;
      } catch (error) {
        this.unwatch(query, reader);
        // Whoever began to watch it was refused, or has left: that is not about us.
        if ((refusedWork(error) ?? work) === work) throw error;
      }
    }
  }

  unwatch(query: LiveQuery, reader: QueryReader): void {
    if (query.readers.delete(reader) && query.readers.size === 0) this.drop(query);
  }

  /** A series has come to be. */
  take(series: Series): void {
    for (const query of this.of(series.metric.name)) {
      this.cover(query);
      for (const [side, { metric, admits }] of query.question.sides.entries()) {
        if (metric !== series.metric.name) continue;
        if (this.openings.has(query) || !admits) this.takeLater(query, { series, side });
        else if (admits(series)) this.join(query, series, side);
      }
    }
  }

  private begin(question: LiveQuestion, work: Work): LiveQuery {
    const query = new LiveQuery(question, this.parts.query, this.parts.moment());
    this.byText.set(question.text, query);
    for (const { metric } of question.sides) {
      const sameMetric = this.byMetric.get(metric);
      if (sameMetric) sameMetric.add(query);
      else this.byMetric.set(metric, new Set([query]));
    }
    this.cover(query);
    const opening = this.open(query, work);
    this.openings.set(query, opening);
    opening.catch(() => this.drop(query));
    return query;
  }

  private async open(query: LiveQuery, work: Work): Promise<void> {
    // Those that come to be from now on are told of.
    const known = query.question.sides.map(({ metric }) =>
      this.parts.registry.metrics.get(metric)?.series.slice(),
    );
    for (const [side, { matchers }] of query.question.sides.entries()) {
      for await (const some of selectMatching(known[side] ?? [], matchers, work)) {
        for (const each of some) if (!this.join(query, each, side)) query.limit(query.groups.size + 1);
        query.limit(query.groups.size);
        if (this.places > MAX_PLACES)
          throw new PulseError('too_many_streams', 'This server watches as many series as it may.', {
            retryAfterMs: RETRY_AFTER_MS,
          });
      }
    }
    this.openings.delete(query);
    query.begin();
    void this.takeNewcomers(query);
  }

  private join(query: LiveQuery, series: Series, side: number): LiveGroup | null {
    const group = query.admit(series, side);
    if (!group) return null;
    this.places++;
    const places = this.placesOf.get(series);
    if (places) places.push(group.places[side]);
    else this.placesOf.set(series, [group.places[side]]);
    return group;
  }

  private cover(query: LiveQuery): void {
    const { ringSync } = this.parts;
    const { metrics } = query;
    if (!ringSync || !metrics || this.coverings.has(query)) return;
    const stops = metrics.map((metric) => ringSync.watch(metric));
    this.coverings.set(query, () => {
      for (const stop of stops) stop();
    });
  }

  private takeLater(query: LiveQuery, found: Pick<Newcomer, 'series' | 'side'>): void {
    const newcomer = { ...found, since: this.parts.query.now() };
    const others = this.newcomers.get(query);
    if (others) others.push(newcomer);
    else this.newcomers.set(query, [newcomer]);
    if (!this.openings.has(query)) void this.takeNewcomers(query);
  }

  /** Lets series join a query that came to be while nobody looked, and has what came of them meanwhile told. */
  private async takeNewcomers(query: LiveQuery): Promise<void> {
    if (this.looking.has(query)) return;
    this.looking.add(query);
    try {
      for (let some = this.newcomers.get(query); some; some = this.newcomers.get(query)) {
        this.newcomers.delete(query);
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
    for (const [side, { matchers }] of query.question.sides.entries()) {
      const ofSide = newcomers.filter((newcomer) => newcomer.side === side);
      const since = Math.min(...ofSide.map((newcomer) => newcomer.since));
      const joined = new Set<LiveGroup>();
      const series = ofSide.map((newcomer) => newcomer.series);
      for await (const some of selectMatching(series, matchers, Work.ofOurs())) {
        if (query.readers.size === 0) return;
        for (const each of some) {
          const group = this.join(query, each, side);
          if (group) joined.add(group);
        }
      }
      const from = query.changedSince(this.parts.arrivals, since);
      const now = this.parts.query.now();
      for (const group of joined) query.wantSince(group, from, now);
    }
  }

  private drop(query: LiveQuery): void {
    const { text, sides } = query.question;
    if (this.byText.get(text) !== query) return;
    this.byText.delete(text);
    this.openings.delete(query);
    this.newcomers.delete(query);
    this.coverings.get(query)?.();
    this.coverings.delete(query);
    for (const { metric } of sides) {
      const sameMetric = this.byMetric.get(metric);
      sameMetric?.delete(query);
      if (sameMetric?.size === 0) this.byMetric.delete(metric);
    }
    void this.forget(query);
  }

  /** At its turn: there may be a million of them. */
  private async forget(query: LiveQuery): Promise<void> {
    const work = Work.ofOurs();
    await work.run(async () => {
      for (const group of query.groups.values()) {
        for (const place of group.places) {
          for (const series of group.sides[place.side]) {
            if (work.isDue('live')) await work.pause();
            const others = this.placesOf.get(series)?.filter((other) => other !== place) ?? [];
            if (others.length > 0) this.placesOf.set(series, others);
            else this.placesOf.delete(series);
            this.places--;
          }
        }
      }
    });
  }
}
