import { type Aggregate, COUNTER_GAP_MS, type Point } from '@/lib/model';

/** A series as plain pairs, ascending in time, unique by timestamp. */
export type Samples = ReadonlyArray<readonly [timestamp: number, value: number]>;

export interface NaiveQuestion {
  aggregates: readonly Aggregate[];
  start: number;
  end: number;
  step: number;
}

/**
 * What an answer should be, written for certainty rather than speed: the definitions of the contract, word by
 * word, over plain arrays. Tests compare every evaluation in the product with it.
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
  const values = group
    .map((series) => ofSamples([series], inner, from, to))
    .filter((value) => value !== null);
  return values.length === 0 ? null : ofValues(values, outer);
}

function ofSamples(group: readonly Samples[], name: string, from: number, to: number): number | null {
  const pooled = group.flatMap((samples) => samples.filter(([t]) => t >= from && t < to));
  if (pooled.length === 0) return null;
  const growth = group.map((samples) => growthWithin(samples, from, to)).filter(({ seconds }) => seconds > 0);
  const ofInstant = (t: number) => Math.max(...pooled.filter(([at]) => at === t).map(([, value]) => value));
  switch (name) {
    case 'last':
      return ofInstant(Math.max(...pooled.map(([t]) => t)));
    case 'first':
      return ofInstant(Math.min(...pooled.map(([t]) => t)));
    case 'increase':
      return growth.length === 0 ? null : total(growth.map(({ increase }) => increase));
    case 'delta':
      return growth.length === 0 ? null : total(growth.map(({ delta }) => delta));
    case 'rate':
      return growth.length === 0 ? null : total(growth.map(({ increase, seconds }) => increase / seconds));
    default:
      return ofValues(
        pooled.map(([, value]) => value),
        name,
      );
  }
}

function ofValues(values: readonly number[], name: string): number {
  const mean = total(values) / values.length;
  switch (name) {
    case 'avg':
      return mean;
    case 'sum':
      return total(values);
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'count':
      return values.length;
    case 'stddev':
      return Math.sqrt(total(values.map((value) => (value - mean) ** 2)) / values.length);
    default:
      return quantile(values, Number(name.slice(1)) / 100);
  }
}

function growthWithin(samples: Samples, from: number, to: number) {
  let increase = 0;
  let delta = 0;
  let seconds = 0;
  for (let i = 1; i < samples.length; i++) {
    const [t, value] = samples[i];
    const [before, previous] = samples[i - 1];
    if (t < from || t >= to || t - before > COUNTER_GAP_MS) continue;
    increase += value >= previous ? value - previous : value;
    delta += value - previous;
    seconds += (t - before) / 1_000;
  }
  return { increase, delta, seconds };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  return low + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)] - low);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
