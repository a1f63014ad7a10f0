import type { Reading } from './figures';

/**
 * The value that a share of a histogram's observations is below, as Prometheus' `histogram_quantile` computes it: on a
 * line between the bounds of the bucket it is in; of the last bucket, which has no upper bound, its lower one.
 *
 * @param readings a histogram's, its cumulative buckets in the order of their bounds among them
 * @returns NaN where there are no observations
 */
export function quantileOf(share: number, readings: readonly Reading[]): number {
  const buckets = readings.filter(({ suffix }) => suffix === '_bucket');
  const rank = share * (buckets.at(-1)?.value ?? 0);
  if (rank === 0) return Number.NaN;
  const at = buckets.findIndex(({ value }) => value >= rank);
  const below = buckets[at - 1];
  const low = below ? boundOf(below) : 0;
  const high = boundOf(buckets[at]);
  if (!Number.isFinite(high)) return low;
  const countBelow = below?.value ?? 0;
  return low + ((high - low) * (rank - countBelow)) / (buckets[at].value - countBelow);
}

function boundOf({ labels }: Reading): number {
  return labels?.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels?.le);
}
