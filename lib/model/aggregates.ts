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

/** Aggregates one question may ask for. */
export const MOST_AGGREGATES = 8;

/** What an aggregate may be, for people. */
export const AGGREGATE_FORMS = `${INNER_AGGREGATES.join(', ')}, pN (p0 to p100, such as p99.9), or outer(inner) such as sum(avg), where inner is any of those and outer ${OUTER_AGGREGATES.join(', ')} or pN`;

const PERCENTILE = /^p(100(?:\.0{1,3})?|\d{1,2}(?:\.\d{1,3})?)$/;
const TWO_STAGES = /^([^()]+)\(([^()]+)\)$/;

/**
 * What is made of each series' samples, and what of those values; `outer` null: `inner` is made of the samples of all
 * series together. Growth is always that of each series, added up.
 */
export interface Stages {
  outer: OuterAggregate | null;
  inner: InnerAggregate;
}

/** What the samples together tell as well as series one by one. */
const TWINS: Partial<Record<Aggregate, InnerAggregate>> = {
  'sum(sum)': 'sum',
  'sum(count)': 'count',
  'min(min)': 'min',
  'max(max)': 'max',
  'sum(rate)': 'rate',
  'sum(increase)': 'increase',
  'sum(delta)': 'delta',
};

/** The canonical text of an aggregate, the same for equal ones: `p99.90` is `p99.9`. Null for what is none. */
export function parseAggregate(text: string): Aggregate | null {
  const [, outerText, innerText] = TWO_STAGES.exec(text) ?? [null, null, text];
  const inner = parseName(INNER_AGGREGATES, innerText);
  if (inner === null || outerText === null) return inner;
  const outer = parseName(OUTER_AGGREGATES, outerText);
  return outer && `${outer}(${inner})`;
}

/** As few stages as tell the same. */
export function stagesOf(aggregate: Aggregate): Stages {
  const twin = TWINS[aggregate];
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

/** Whether the aggregate is made of what a series' samples differ by. */
export function isGrowth(aggregate: Aggregate): boolean {
  return GROWTH.includes(stagesOf(aggregate).inner);
}

const GROWTH: readonly InnerAggregate[] = ['rate', 'increase', 'delta'];

/**
 * Whether the value says something of the series there are together, so that a step in which some have not reported
 * says less.
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
