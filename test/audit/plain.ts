import { type Ratio, rootOf, sumOf, toNumber, unitsOf } from './exact';

/** A series as plain pairs, ascending in time, unique by timestamp. */
export type PlainSeries = ReadonlyArray<readonly [t: number, value: number]>;

/**
 * What a point should be, and how large what it was made of is: float64s that cancel each other out leave an error
 * of the size of their last digits, not of the result's.
 */
export interface Plain {
  value: number;
  magnitude: number;
  /** On the way there was something that no float64 holds: what is made of that may be off by as much as it was cut. */
  cut?: boolean;
}

const TWO_WEEKS_MS = 14 * 24 * 3_600_000;

/** The value of an aggregate over a group's samples in `[from, to)`; null where there is none. */
export function plainValue(
  group: readonly PlainSeries[],
  aggregate: string,
  from: number,
  to: number,
): Plain | null {
  const staged = /^(\w+(?:\.\d+)?)\((\w+(?:\.\d+)?)\)$/.exec(aggregate);
  if (!staged && isGrowth(aggregate)) return growthOf(group, aggregate, from, to);
  if (!staged) return overSamples(group, aggregate, from, to);
  const [, outer, inner] = staged;
  const each = group.flatMap((series) => overSamples([series], inner, from, to) ?? []);
  if (each.length === 0) return null;
  const found = overValues(
    each.map(({ value }) => value),
    outer,
  );
  return {
    value: found.value,
    magnitude: Math.max(found.magnitude, ...each.map(({ magnitude }) => magnitude)),
  };
}

function overSamples(
  group: readonly PlainSeries[],
  aggregate: string,
  from: number,
  to: number,
): Plain | null {
  if (isGrowth(aggregate)) return growthOf(group, aggregate, from, to);
  const samples = group.flatMap((series) => series.filter(([t]) => t >= from && t < to));
  if (samples.length === 0) return null;
  if (aggregate === 'first' || aggregate === 'last') {
    const times = samples.map(([t]) => t);
    const at = aggregate === 'first' ? Math.min(...times) : Math.max(...times);
    const value = Math.max(...samples.filter(([t]) => t === at).map(([, given]) => given));
    return { value, magnitude: 0 };
  }
  return overValues(
    samples.map(([, value]) => value),
    aggregate,
  );
}

function overValues(values: readonly number[], aggregate: string): Plain {
  const count = BigInt(values.length);
  const largest = Math.max(...values.map(Math.abs));
  switch (aggregate) {
    case 'sum':
      return { value: toNumber({ units: sumOf(values), over: 1n }), magnitude: largest * values.length };
    case 'avg':
      return { value: toNumber({ units: sumOf(values), over: count }), magnitude: largest };
    case 'min':
      return { value: Math.min(...values), magnitude: 0 };
    case 'max':
      return { value: Math.max(...values), magnitude: 0 };
    case 'count':
      return { value: values.length, magnitude: 0 };
    case 'stddev': {
      // n Σx² − (Σx)², over n²
      const squares = values.reduce((sum, value) => sum + unitsOf(value) ** 2n, 0n);
      const spread = { units: count * squares - sumOf(values) ** 2n, over: count * count };
      return { value: rootOf(spread), magnitude: largest };
    }
    default:
      return percentile(values, Number(aggregate.slice(1)) / 100);
  }
}

/** Linear between closest ranks. */
function percentile(values: readonly number[], share: number): Plain {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.ceil(rank)];
  const part = rank - Math.floor(rank);
  return { value: low * (1 - part) + high * part, magnitude: Math.max(Math.abs(low), Math.abs(high)) };
}

function isGrowth(aggregate: string): boolean {
  return aggregate === 'rate' || aggregate === 'increase' || aggregate === 'delta';
}

/** The sum over series, without rounding in between. */
function growthOf(group: readonly PlainSeries[], aggregate: string, from: number, to: number): Plain | null {
  const each = group.flatMap((series) => growthOfSeries(series, aggregate, from, to) ?? []);
  if (each.length === 0) return null;
  const total = each.reduce<Ratio>(
    (sum, { units, over }) => ({ units: sum.units * over + units * sum.over, over: sum.over * over }),
    { units: 0n, over: 1n },
  );
  return { value: toNumber(total), magnitude: each.reduce((sum, { magnitude }) => sum + magnitude, 0) };
}

function growthOfSeries(
  series: PlainSeries,
  aggregate: string,
  from: number,
  to: number,
): (Ratio & { magnitude: number }) | null {
  let units = 0n;
  let ms = 0;
  let magnitude = 0;
  for (let i = 1; i < series.length; i++) {
    const [t, value] = series[i];
    const [before, previous] = series[i - 1];
    if (t < from || t >= to || t - before > TWO_WEEKS_MS) continue;
    const restarted = aggregate !== 'delta' && value < previous;
    units += unitsOf(value) - (restarted ? 0n : unitsOf(previous));
    ms += t - before;
    magnitude += Math.abs(value) + Math.abs(previous);
  }
  if (ms === 0) return null;
  if (aggregate !== 'rate') return { units, over: 1n, magnitude };
  return { units: units * 1_000n, over: BigInt(ms), magnitude: (magnitude * 1_000) / ms };
}
