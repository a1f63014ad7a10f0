import type { Aggregate } from '../model/aggregates';
import type { PointRange, PointsAnswer } from '../model/points';
import type { StoreTier } from '../model/rollup/tiers';
import type { SampleRows } from '../model/samples';
import type { SeriesIdentity, StoredSeries } from '../model/series';
import type { Scheduler } from '../runtime/work/scheduler';
import type { LaneFigures } from './lane';

/**
 * What the rest of the system may ask of storage. Two engines keep this contract (`postgres/`, `timescale/`);
 * one behaviour suite, `store.case.test.ts`, passes on both. Times are epoch ms, ids are the database's.
 *
 * Every method throws `PulseError('database_unavailable')` while the database cannot be reached. Callers take the parts
 * that they need.
 */
export interface Store {
  samples: SampleStore;
  columns: ColumnReader;
  catalogue: SeriesCatalogue;
  upkeep: Upkeep;
  database: Database;
}

/** Samples: written once, read as points or as they are. */
export interface SampleStore {
  /**
   * Commits samples in one transaction. A sample whose (series, timestamp) is already stored is left as it is.
   * Rows must be unique by (series, timestamp) within the batch.
   * @returns the positions in `rows` of the samples that were there already.
   */
  append(rows: SampleRows): Promise<number[]>;

  /**
   * Aggregated points per group, ascending in `t`; a point without samples is left out.
   * @throws PulseError also `too_expensive` when it takes too long, `too_busy` when too many others ask for much,
   *   `client_closed`.
   */
  readPoints(question: StoreQuestion, options?: ReadOptions): Promise<StoreAnswer>;

  /** What nothing but a late sample can change: see `ClosedPast`. As cheap as a question can be. */
  readClosed(metricId: number, options?: ReadOptions): Promise<ClosedPast>;

  /** The stored samples of a range, each page ascending in (ts, seriesId). */
  readSamples(range: SampleRange): AsyncIterable<SampleRows>;

  /**
   * The last sample before a moment of each of these series of one metric: of those at least that have one a counter
   * goes on from, at most `COUNTER_GAP_MS` before it. Of the primary, so everything committed before is considered.
   */
  readLast(question: LastQuestion): Promise<SampleRows>;
}

/** Samples as they are, series by series: for whoever computes with them. */
export interface ColumnReader {
  /**
   * The stored samples of some series of one metric, late and packed ones, too, in pages. A series' samples ascend in
   * time from page to page; a page has each series once, and only those that have samples in it. Nothing is held
   * between two pages, neither memory nor a snapshot.
   *
   * @throws PulseError also `too_expensive` when a page takes too long, `client_closed`.
   */
  readColumns(question: ColumnQuestion, options?: ReadOptions): AsyncIterable<SeriesColumn[]>;
}

/** Which series there are. */
export interface SeriesCatalogue {
  /** Every series in pages, for start-up; or those with an id above `after`, for what came since. */
  load(after?: number): AsyncIterable<StoredSeries[]>;

  /**
   * Finds or creates the given identities, in one round trip, in the order given. Safe with several servers at once.
   */
  ensure(identities: readonly SeriesIdentity[]): Promise<StoredSeries[]>;

  /** Records when series were last seen. Advisory: a crash may lose the newest of it. */
  touch(seen: ReadonlyArray<{ id: number; lastSeen: number }>): Promise<void>;
}

/** The work that keeps a database small and quick. */
export interface Upkeep {
  /**
   * One round: roll up what is complete or changed, create partitions ahead, drop what retention ends.
   * Any number of servers may call it; one works, the others return at once. When `signal` aborts it ends early, at
   * a point from which the next round goes on.
   */
  maintain(now: number, signal?: AbortSignal): Promise<MaintenanceReport>;
}

/** The database itself, and our connections to it. */
export interface Database {
  readonly engine: Engine;

  /** Resolves while the database that is written, or the one that is read, answers. */
  ping(what: 'read' | 'write'): Promise<void>;

  /** Calls of the database, by kind. */
  readonly calls: Record<string, LaneFigures>;

  close(): Promise<void>;
}

export type Engine = 'postgres' | 'timescale';

/** Samples of `[start, end)`, epoch ms: of all series, or of the given ones. */
export interface SampleRange {
  start: number;
  end: number;
  seriesIds?: readonly number[];
}

/** Samples of `[start, end)`, epoch ms. */
export interface ColumnQuestion {
  metricId: number;
  seriesIds: readonly number[];
  start: number;
  end: number;
  /** The reader gives up at more samples than this, which a page does not go far beyond. */
  most: number;
}

/** Samples of one series, ascending in time. */
export interface SeriesColumn {
  readonly seriesId: number;
  /** Epoch ms. */
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

export interface LastQuestion {
  metricId: number;
  seriesIds: readonly number[];
  /** Epoch ms. */
  before: number;
}

export interface ReadOptions {
  /** Aborted when nobody waits for the answer any more: then the statement is cancelled. */
  signal?: AbortSignal;
  /** When the caller needs the answer, ms of `performance.now()`. The store's own timeout holds as well. */
  dueAt?: number;
  /** Shares out the time in which rows become points, some at a time; without it they do in one go. */
  scheduler?: Scheduler;
}

export interface StoreQuestion extends PointRange {
  metricId: number;
  /** Series ids of each group; the answer's groups come in this order. A series is in one group at most. */
  groups: ReadonlyArray<readonly number[]>;
  /** Whether the groups together hold every series of the metric: lets the engine read by metric. */
  wholeMetric: boolean;
  aggregates: readonly Aggregate[];
}

export interface StoreAnswer extends PointsAnswer {
  /** The finest relation that could answer the step. */
  tier: StoreTier;
}

/**
 * A metric's past up to a moment, with a version that each late sample changes. Points before that moment that were
 * read after the version stay correct while the version is the same.
 */
export interface ClosedPast {
  /** Epoch ms. */
  before: number;
  /** Unique over all metrics, databases and times. */
  version: string;
}

export interface MaintenanceReport {
  /** Whether this call did the work (another server may hold the turn). */
  worked: boolean;
  /** Rollup rows written per tier. */
  rolledUp: Record<'minute' | 'hour' | 'day', number>;
  /** Everything before this is rolled up into minutes, epoch ms. */
  rolledUpTo: number;
  partitionsCreated: number;
  partitionsDropped: number;
}
