import { shareOf, stagesOf } from '@/lib/aggregates';
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
    if (values.every((value) => value !== null)) points.push([t, ...values]);
  }
  return points;
}

function naiveValue(
  group: readonly Samples[],
  aggregate: Aggregate,
  from: number,
  to: number,
): number | null {
  const pooled = group.flatMap((samples) => samples.filter(([t]) => t >= from && t < to));
  if (pooled.length === 0) return null;
  const values = pooled.map(([, value]) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const growth = group.map((samples) => growthWithin(samples, from, to)).filter(({ seconds }) => seconds > 0);
  switch (aggregate) {
    case 'avg':
      return sum / values.length;
    case 'sum':
      return sum;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'count':
      return values.length;
    case 'last': {
      const newest = Math.max(...pooled.map(([t]) => t));
      return Math.max(...pooled.filter(([t]) => t === newest).map(([, value]) => value));
    }
    case 'increase':
      return growth.length === 0 ? null : growth.reduce((total, { increase }) => total + increase, 0);
    case 'rate':
      return growth.length === 0
        ? null
        : growth.reduce((total, { increase, seconds }) => total + increase / seconds, 0);
    default:
      return quantile(values, shareOf(stagesOf(aggregate).inner)!);
  }
}

function growthWithin(samples: Samples, from: number, to: number): { increase: number; seconds: number } {
  let increase = 0;
  let seconds = 0;
  for (let i = 1; i < samples.length; i++) {
    const [t, value] = samples[i];
    const [before, previous] = samples[i - 1];
    if (t < from || t >= to || t - before > COUNTER_GAP_MS) continue;
    increase += value >= previous ? value - previous : value;
    seconds += (t - before) / 1_000;
  }
  return { increase, seconds };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  return low + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)] - low);
}
