import { addTotal, type Observations } from './delta';
import type { IncomingSample } from './sample';

/** Buckets that a sender may give one histogram: more than any library keeps. */
export const MOST_GIVEN_BUCKETS = 4_000;

/** A histogram at a time. */
export interface Histogram extends Observations {
  /** Undefined or NaN where it has none. */
  sum?: number;
  buckets: Buckets;
}

/** Upper bounds, ascending, and how many observations are at most that; without the infinite one. */
export type Buckets = Array<[bound: number, atMost: number]>;

/** As Prometheus stores one that is not native: `_count`, `_sum`, and `_bucket` with the label `le`. */
export function toSamples(histogram: Histogram, samples: IncomingSample[]): void {
  const { labels, count, sum, buckets } = histogram;
  const addBucket = (le: string, atMost: number) =>
    addTotal(histogram, '_bucket', atMost, samples, { ...labels, le });
  addTotal(histogram, '_count', count, samples);
  if (sum !== undefined && Number.isFinite(sum)) addTotal(histogram, '_sum', sum, samples);
  for (const [bound, atMost] of buckets) if (Number.isFinite(bound)) addBucket(String(bound), atMost);
  addBucket('+Inf', count);
}

/**
 * A histogram whose bucket `index` holds what is above `2^((index - 1) / 2^scale)` and at most
 * `2^(index / 2^scale)`, as Prometheus numbers them; only buckets that hold something.
 */
export interface ExponentialHistogram {
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: IndexedCounts;
  negative: IndexedCounts;
}
export type IndexedCounts = Array<[index: number, count: number]>;

/** A factor of the root of two from bound to bound, at most. */
const FINEST_SCALE = 1;
/** Of either sign: as many as OpenTelemetry's own libraries keep. */
const MOST_BUCKETS = 160;

/**
 * Fixed bounds for buckets that follow the data: finer ones are put together, which is exact, until each bound is a
 * power of the root of two and there are not too many. Every bound between the lowest and the highest is there.
 */
export function fixedBuckets({
  scale,
  zeroThreshold,
  zeroCount,
  positive,
  negative,
}: ExponentialHistogram): Buckets {
  const above = coarsen(positive, scale);
  const below = coarsen(negative, scale);
  const buckets: Buckets = [];
  let atMost = 0;
  for (let index = below.to; index >= below.from; index--) {
    atMost += below.counts.get(index) ?? 0;
    buckets.push([-(2 ** ((index - 1) / 2 ** below.scale)), atMost]);
  }
  atMost += zeroCount;
  buckets.push([zeroThreshold, atMost]);
  for (let index = above.from; index <= above.to; index++) {
    atMost += above.counts.get(index) ?? 0;
    const bound = 2 ** (index / 2 ** above.scale);
    if (bound > zeroThreshold) buckets.push([bound, atMost]);
  }
  return buckets;
}

interface Coarse {
  counts: Map<number, number>;
  scale: number;
  /** The lowest and the highest index; none where `to` is less than `from`. */
  from: number;
  to: number;
}

function coarsen(given: IndexedCounts, givenScale: number): Coarse {
  if (given.length === 0) return { counts: new Map(), scale: 0, from: 0, to: -1 };
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const [index] of given) {
    from = Math.min(from, index);
    to = Math.max(to, index);
  }
  let scale = Math.min(givenScale, FINEST_SCALE);
  const at = (index: number) => Math.floor((index - 1) / 2 ** (givenScale - scale)) + 1;
  while (at(to) - at(from) >= MOST_BUCKETS) scale--;
  const counts = new Map<number, number>();
  for (const [index, count] of given) counts.set(at(index), (counts.get(at(index)) ?? 0) + count);
  return { counts, scale, from: at(from), to: at(to) };
}
