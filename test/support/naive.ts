import type { Aggregate } from '@/lib/model/aggregates';
import type { Point } from '@/lib/model/points';
import { COUNTER_GAP_MS } from '@/lib/model/samples';
import { exact, nearest, squareRoot } from './exact';

/** A series as plain pairs, ascending in time, unique by timestamp. */
export type Samples = ReadonlyArray<readonly [timestamp: number, value: number]>;

export interface NaiveQuestion {
  aggregates: readonly Aggregate[];
  start: number;
  end: number;
  step: number;
}

/**
 * What an answer should be, written for certainty rather than speed: the definitions of the contract, word by word,
 * over plain arrays, in exact arithmetic that is rounded once. Tests compare every evaluation in the product with it.
 */
export function naivePoints(group: readonly Samples[], question: NaiveQuestion): Point[] {
  const points: Point[] = [];
  for (let t = question.start; t < question.end; t += question.step) {
    const values = question.aggregates.map((aggregate) => naiveValue(group, aggregate, t, t + question.step));
    if (values.some((value) => value !== null)) points.push([t, ...values]);
  }
  return points;
}

function naiveValue(
  group: readonly Samples[],
  aggregate: Aggregate,
  from: number,
  to: number,
): number | null {
  const [, outer, inner] = /^(.+)\((.+)\)$/.exec(aggregate) ?? [];
  if (!outer) return ofSamples(group, aggregate, from, to);
  // By definition the same, also where what a series adds is beyond float64.
  if (outer === 'sum' && ['sum', 'rate', 'increase', 'delta'].includes(inner))
    return ofSamples(group, inner, from, to);
  const values = group
    .map((series) => ofSamples([series], inner, from, to))
    .filter((value) => value !== null);
  return values.length === 0 ? null : ofValues(values, outer);
}

function ofSamples(group: readonly Samples[], name: string, from: number, to: number): number | null {
  const pooled = group.flatMap((samples) => samples.filter(([t]) => t >= from && t < to));
  if (pooled.length === 0) return null;
  const growth = group.map((samples) => growthWithin(samples, from, to)).filter(({ ms }) => ms > 0n);
  const ofInstant = (t: number) => Math.max(...pooled.filter(([at]) => at === t).map(([, value]) => value));
  switch (name) {
    case 'last':
      return ofInstant(Math.max(...pooled.map(([t]) => t)));
    case 'first':
      return ofInstant(Math.min(...pooled.map(([t]) => t)));
    case 'increase':
      return growth.length === 0 ? null : nearest(growth.reduce((sum, { increase }) => sum + increase, 0n));
    case 'delta':
      return growth.length === 0 ? null : nearest(growth.reduce((sum, { delta }) => sum + delta, 0n));
    case 'rate':
      return growth.length === 0 ? null : perSecond(growth);
    default:
      return ofValues(
        pooled.map(([, value]) => value),
        name,
      );
  }
}

function ofValues(values: readonly number[], name: string): number {
  const count = BigInt(values.length);
  switch (name) {
    case 'avg':
      return nearest(total(values), count);
    case 'sum':
      return nearest(total(values));
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'count':
      return values.length;
    case 'stddev': {
      const squares = values.reduce((sum, value) => sum + exact(value) ** 2n, 0n);
      return nearest(squareRoot((count * squares - total(values) ** 2n) << 128n), count << 64n);
    }
    default:
      return quantile(values, Number(name.slice(1)) / 100);
  }
}

interface NaiveGrowth {
  increase: bigint;
  delta: bigint;
  ms: bigint;
}

function growthWithin(samples: Samples, from: number, to: number): NaiveGrowth {
  const growth = { increase: 0n, delta: 0n, ms: 0n };
  for (let i = 1; i < samples.length; i++) {
    const [t, value] = samples[i];
    const [before, previous] = samples[i - 1];
    if (t < from || t >= to || t - before > COUNTER_GAP_MS) continue;
    growth.increase += exact(value) - (value >= previous ? exact(previous) : 0n);
    growth.delta += exact(value) - exact(previous);
    growth.ms += BigInt(t - before);
  }
  return growth;
}

function perSecond(growth: readonly NaiveGrowth[]): number {
  const common = growth.reduce((product, { ms }) => product * ms, 1n);
  return nearest(
    growth.reduce((sum, { increase, ms }) => sum + 1_000n * increase * (common / ms), 0n),
    common,
  );
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = exact(sorted[Math.floor(rank)]);
  const high = exact(sorted[Math.ceil(rank)]);
  const [part, whole] = [exact(rank - Math.floor(rank)), exact(1)];
  return nearest(low * whole + part * (high - low), whole);
}

function total(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + exact(value), 0n);
}

/** The series of each group, with the first value of an instant; hosts are series, and `keyOf` gives a host's group. */
export function naiveGroups(
  samples: readonly { host: string; timestamp: number; value: number }[],
  keyOf: (host: string) => string,
): Map<string, Samples[]> {
  const series = new Map<string, Map<number, number>>();
  for (const { host, timestamp, value } of samples) {
    const known = series.get(host) ?? new Map<number, number>();
    if (!known.has(timestamp)) known.set(timestamp, value);
    series.set(host, known);
  }
  const groups = new Map<string, Samples[]>();
  for (const [host, values] of series) {
    const key = keyOf(host);
    groups.set(key, [...(groups.get(key) ?? []), [...values].sort(([a], [b]) => a - b)]);
  }
  return groups;
}
