import { labelsKey } from '../../../model/labels';
import { breathe, type Context } from '../evaluate/context';
import {
  emptySeries,
  type Grid,
  labelOf,
  type VectorSeries,
  withoutLabels,
  withoutName,
} from '../evaluate/series';

/** The label with a bucket's upper bound. */
const BOUND = 'le';
const BOUND_ONLY: ReadonlySet<string> = new Set([BOUND]);
/** Counts that differ by less are the same, but for rounding. */
const TOLERANCE = 1e-12;
const LEAST_NORMAL = 2.2250738585072014e-308;

interface Bucket {
  bound: number;
  count: number;
}

/** The φ-quantile of classic histograms, whose buckets are series with a label `le`. */
export async function histogramQuantile(
  q: Float64Array,
  vector: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  if (q.some((value) => !(value >= 0 && value <= 1)))
    context.note('PromQL warning: quantile value should be between 0 and 1');
  const histograms = new Map<string, Array<{ bound: number; series: VectorSeries }>>();
  for (const series of vector) {
    await breathe(context);
    const bound = parseBound(labelOf(series.labels, BOUND));
    if (bound === null) {
      context.note(`PromQL warning: bucket label "${BOUND}" is missing or has a malformed value`);
      continue;
    }
    const key = labelsKey(withoutLabels(series.labels, BOUND_ONLY));
    const buckets = histograms.get(key);
    if (buckets) buckets.push({ bound, series });
    else histograms.set(key, [{ bound, series }]);
  }
  context.reserve(histograms.size * grid.count);
  const quantiles: VectorSeries[] = [];
  for (const buckets of histograms.values()) {
    await breathe(context);
    buckets.sort((a, b) => a.bound - b.bound);
    const result = emptySeries(withoutName(withoutLabels(buckets[0].series.labels, BOUND_ONLY)), grid.count);
    for (let k = 0; k < grid.count; k++) {
      await breathe(context);
      const present = buckets.filter(({ series }) => series.has[k]);
      if (present.length === 0) continue;
      const counts = present.map(({ bound, series }) => ({ bound, count: series.values[k] }));
      result.values[k] = bucketQuantile(q[k], counts, context);
      result.has[k] = 1;
    }
    quantiles.push(result);
  }
  return quantiles;
}

function parseBound(text: string): number | null {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  return Number(text);
}

/** By linear interpolation within the bucket; `sorted` by bound (Prometheus' `BucketQuantile`). */
function bucketQuantile(q: number, sorted: Bucket[], context: Context): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  if (sorted.at(-1)!.bound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = joinSame(sorted);
  if (makeMonotonic(buckets))
    context.note('PromQL info: input to histogram_quantile needed to be fixed for monotonicity');
  if (buckets.length < 2) return Number.NaN;
  const last = buckets.length - 1;
  const observations = buckets[last].count;
  if (observations === 0) return Number.NaN;
  const rank = q * observations;
  let b = 0;
  while (b < last && !(buckets[b].count >= rank)) b++;
  if (b === last) return buckets[last - 1].bound;
  if (b === 0 && buckets[0].bound <= 0) return buckets[0].bound;
  const below = b > 0 ? buckets[b - 1] : { bound: 0, count: 0 };
  const share = (rank - below.count) / (buckets[b].count - below.count);
  return below.bound + (buckets[b].bound - below.bound) * share;
}

function joinSame(sorted: readonly Bucket[]): Bucket[] {
  const joined: Bucket[] = [];
  for (const { bound, count } of sorted) {
    const last = joined.at(-1);
    if (last?.bound === bound) last.count += count;
    else joined.push({ bound, count });
  }
  return joined;
}

/** Counts never fall from a bucket to the next. @returns whether any fell by more than rounding explains */
function makeMonotonic(buckets: Bucket[]): boolean {
  let wasForced = false;
  let before = buckets[0].count;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count === before) continue;
    const isSame = isAlmost(before, bucket.count);
    if (isSame || bucket.count < before) {
      wasForced ||= !isSame;
      bucket.count = before;
    } else before = bucket.count;
  }
  return wasForced;
}

function isAlmost(a: number, b: number): boolean {
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < LEAST_NORMAL) return difference < TOLERANCE * LEAST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}
