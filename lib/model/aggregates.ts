/** Aggregates of samples, besides percentiles: of all samples of a group and step, or of each series by itself. */
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
/** Aggregates, besides percentiles, of the values that an inner aggregate gives for each series and step. */
export const OUTER_AGGREGATES = ['sum', 'avg', 'min', 'max', 'count', 'stddev'] as const;

/** `p0` to `p100`, up to 3 decimals. */
export type Percentile = `p${number}`;
export type InnerAggregate = (typeof INNER_AGGREGATES)[number] | Percentile;
export type OuterAggregate = (typeof OUTER_AGGREGATES)[number] | Percentile;
/**
 * The canonical text of an aggregate (see `parseAggregate`). `avg`: of all samples of a group and step together.
 * `sum(avg)`: the average of each series, then the sum over the series that have one in the step.
 */
export type Aggregate = InnerAggregate | `${OuterAggregate}(${InnerAggregate})`;

/** Aggregates one question may ask for. */
export const MOST_AGGREGATES = 8;

/** What an aggregate may be, for people. */
export const AGGREGATE_FORMS = `${INNER_AGGREGATES.join(', ')}, pN (p0 to p100, such as p99.9), or outer(inner) such as sum(avg), where inner is any of those and outer ${OUTER_AGGREGATES.join(', ')} or pN`;

const PERCENTILE = /^p(100(?:\.0{1,3})?|\d{1,2}(?:\.\d{1,3})?)$/;
const TWO_STAGES = /^([^()]+)\(([^()]+)\)$/;

/**
 * `inner` aggregates the samples of each series, `outer` these values. `outer` null: `inner` aggregates the samples of
 * all series together; growth is still computed for each series and added up.
 */
export interface Stages {
  outer: OuterAggregate | null;
  inner: InnerAggregate;
}

/** Aggregates in two stages that equal one stage. */
const SINGLE_STAGE_TWINS: Partial<Record<Aggregate, InnerAggregate>> = {
  'sum(sum)': 'sum',
  'sum(count)': 'count',
  'min(min)': 'min',
  'max(max)': 'max',
  'sum(rate)': 'rate',
  'sum(increase)': 'increase',
  'sum(delta)': 'delta',
};

/** The canonical text of an aggregate, the same for equal ones: `p99.90` is `p99.9`. Null for any other text. */
export function parseAggregate(text: string): Aggregate | null {
  const [, outerText, innerText] = TWO_STAGES.exec(text) ?? [null, null, text];
  const inner = parseName(INNER_AGGREGATES, innerText);
  if (inner === null || outerText === null) return inner;
  const outer = parseName(OUTER_AGGREGATES, outerText);
  return outer && `${outer}(${inner})`;
}

/** The stages of an aggregate, as few as give the same value. */
export function stagesOf(aggregate: Aggregate): Stages {
  const twin = SINGLE_STAGE_TWINS[aggregate];
  if (twin) return { outer: null, inner: twin };
  const [, outer, inner] = TWO_STAGES.exec(aggregate) ?? [null, null, aggregate];
  return { outer, inner } as Stages;
}

/** The share of values below a percentile, 0 to 1; null for the other aggregates. */
export function shareOf(name: InnerAggregate | OuterAggregate): number | null {
  return isPercentile(name) ? Number(`${name.slice(1)}e-2`) : null;
}

export function isPercentile(name: InnerAggregate | OuterAggregate): name is Percentile {
  return PERCENTILE.test(name);
}

/** Whether the aggregate is computed from differences between the samples of a series. */
export function isGrowth(aggregate: Aggregate): boolean {
  return GROWTH.includes(stagesOf(aggregate).inner);
}

const GROWTH: readonly InnerAggregate[] = ['rate', 'increase', 'delta'];

/**
 * Whether the value depends on how many series have a sample in the step, so that a series that did not report lowers
 * it.
 */
export function isOverSeries(aggregate: Aggregate): boolean {
  const { outer, inner } = stagesOf(aggregate);
  return outer !== null || inner === 'rate';
}

function parseName<Name extends string>(names: readonly Name[], text: string): Name | Percentile | null {
  const percentile = PERCENTILE.exec(text);
  if (percentile) return `p${Number(percentile[1])}`;
  return names.find((name) => name === text) ?? null;
}
