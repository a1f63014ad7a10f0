/**
 * The vocabulary. Every other file speaks in these words; this one does no I/O and is safe in a browser.
 *
 * A *metric* is a name; a *series* is one metric with one set of *labels*; a *sample* is a finite float64 at a
 * millisecond timestamp in one series. A *point* is what a question is answered with: the aggregate of all
 * samples in `[t, t + step)`, named by its start `t`.
 */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Labels = Readonly<Record<string, string>>;

export const METRIC_TYPES = ['gauge', 'counter', 'histogram', 'summary'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

export const METRIC_NAME = /^[a-zA-Z_:.][a-zA-Z0-9_:./-]*$/;
export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
export const LIMITS = {
  metricNameLength: 200,
  labelNameLength: 64,
  labelValueLength: 256,
  labelsPerSeries: 32,
  unitLength: 32,
  samplesPerJsonBody: 10_000,
  errorsListed: 100,
  maxClockAheadMs: 10 * MINUTE,
} as const;

/** What is made of samples, a percentile aside: of all of a group in a step, or of each series for itself. */
export const INNER_AGGREGATES = [
  'avg',
  'sum',
  'min',
  'max',
  'count',
  'last',
  'first',
  'rate',
  'increase',
  'delta',
  'stddev',
] as const;
/** What is made of the values of a group's series, one a series and step, a percentile aside. */
export const OUTER_AGGREGATES = ['sum', 'avg', 'min', 'max', 'count', 'stddev'] as const;

/** `p0` to `p100`, up to 3 decimals. */
export type Percentile = `p${number}`;
export type InnerAggregate = (typeof INNER_AGGREGATES)[number] | Percentile;
export type OuterAggregate = (typeof OUTER_AGGREGATES)[number] | Percentile;
/**
 * One value of a point, by its canonical text (see `parseAggregate`): `avg` is of all samples of a group and step
 * together; `sum(avg)` of each series for itself first, then of the series that have a value in the step.
 */
export type Aggregate = InnerAggregate | `${OuterAggregate}(${InnerAggregate})`;

/**
 * A counter unseen for longer than this starts anew: `rate` and `increase` leave out what it counted meanwhile. Jobs
 * that report weekly are seen, and a fixed bound makes a point's value independent of the range asked for. The database
 * keeps pauses as int4 milliseconds, which hold 24 days.
 */
export const COUNTER_GAP_MS = 14 * DAY;

/** Where an answer was read, cheapest first. */
export const TIERS = ['ring', 'cache', 'raw', 'minute', 'hour', 'day'] as const;
export type Tier = (typeof TIERS)[number];

/**
 * `[t, value, …]`: epoch ms of the point's start, then one value per aggregate asked for, in that order. Null where
 * several were asked for and this one cannot be told; one value at least is told.
 */
export type Point = [t: number, ...values: Array<number | null>];

/** A point that tells every value, as charts draw it. */
export type WholePoint = [t: number, ...values: number[]];

export function isWhole(point: Point): point is WholePoint {
  return !point.includes(null);
}

/** One group of an answer: the labels it is grouped by and its points, ascending in time, none missing twice. */
export interface GroupPoints {
  labels: Labels;
  points: Point[];
}

export type MatchOperator = '=' | '!=' | '=~' | '!~';
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
}

/** Which groups of an answer are kept, and which come first. */
export interface Ranking {
  count: number;
  order: 'highest' | 'lowest';
  /** `latest`: the newest point's first value; `range`: the first aggregate over the whole range as one step. */
  by: 'latest' | 'range';
}

/** What stands where a group has no point: nothing, a number, the value before, or one on the line between its neighbours. */
export type Fill = 'none' | 'previous' | 'linear' | number;

/** What a question asks of one metric. */
export interface QuestionSide {
  metric: string;
  aggregates: readonly Aggregate[];
  matchers: readonly Matcher[];
  /** What is told at `t` is of so much before it, ms. */
  offset: number;
}

/** The start of the point that holds `t`. */
export function alignDown(t: number, step: number): number {
  return Math.floor(t / step) * step;
}

export function alignUp(t: number, step: number): number {
  return Math.ceil(t / step) * step;
}
