import { type Buckets, fixedBuckets, type IndexedCounts, MOST_GIVEN_BUCKETS } from '../histogram';
import type { Portions, ReadSeries } from '../portions';

/** What every kind of point has. Times are epoch ms; 0 is one that the sender does not know. */
export interface Point {
  start: number;
  time: number;
  flags: number;
}
export interface NumberPoint extends Point {
  value: number | undefined;
}
export interface HistogramPoint extends Point {
  count: number;
  sum: number | undefined;
  /** Ascending; of the counts there is one more, for what is above all of them. */
  bounds: number[];
  counts: number[];
}
export interface ExponentialPoint extends Point {
  count: number;
  sum: number | undefined;
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: ExponentialBuckets;
  negative: ExponentialBuckets;
}
export interface ExponentialBuckets {
  offset: number;
  counts: number[];
}
export interface SummaryPoint extends Point {
  count: number;
  sum: number;
  quantiles: Array<[quantile: number, value: number]>;
}

const SCALES = { from: -10, to: 20 };
/** A flag: the series has ended, or was not there. */
const NO_RECORDED_VALUE = 1;

/** Adds points to portions, whichever encoding they came in. */
export class Points {
  private readonly now = Date.now();

  constructor(private readonly portions: Portions) {}

  addNumber(series: ReadSeries, isDelta: boolean, point: NumberPoint): void {
    const { portions } = this;
    const { flags, start, value } = point;
    if (flags & NO_RECORDED_VALUE) portions.passOver();
    else if (value === undefined) portions.reject('bad_sample', 'the point has no value');
    else if (isDelta) portions.addDelta(series, start, this.timeOf(point), value);
    else portions.addSample(series, this.timeOf(point), value);
  }

  addHistogram(series: ReadSeries, isDelta: boolean, point: HistogramPoint): void {
    const { flags, count, sum, bounds, counts } = point;
    if (flags & NO_RECORDED_VALUE) this.portions.passOver();
    else if (bounds.length > MOST_GIVEN_BUCKETS || counts.length > MOST_GIVEN_BUCKETS) this.rejectBuckets();
    else if (counts.length > 0 && counts.length !== bounds.length + 1)
      this.portions.reject('bad_sample', 'a histogram has one bucket more than explicit bounds');
    else if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))))
      this.portions.reject('bad_sample', 'the explicit bounds of a histogram ascend');
    else this.addBuckets(series, isDelta, point, { count, sum, buckets: explicitBuckets(bounds, counts) });
  }

  addExponential(series: ReadSeries, isDelta: boolean, point: ExponentialPoint): void {
    const { flags, count, sum, scale, zeroThreshold, zeroCount, positive, negative } = point;
    if (flags & NO_RECORDED_VALUE) this.portions.passOver();
    else if (positive.counts.length > MOST_GIVEN_BUCKETS || negative.counts.length > MOST_GIVEN_BUCKETS)
      this.rejectBuckets();
    else if (!(scale >= SCALES.from && scale <= SCALES.to))
      this.portions.reject('bad_sample', `a scale is from ${SCALES.from} to ${SCALES.to}`);
    else {
      const own = { positive: indexed(positive), negative: indexed(negative) };
      const buckets = fixedBuckets({ scale, zeroThreshold, zeroCount, ...own });
      this.addBuckets(series, isDelta, point, { count, sum, buckets });
    }
  }

  addSummary(series: ReadSeries, point: SummaryPoint): void {
    const { flags, count, sum, quantiles } = point;
    if (flags & NO_RECORDED_VALUE) this.portions.passOver();
    else if (quantiles.length > MOST_GIVEN_BUCKETS) this.rejectBuckets();
    else this.portions.addSummary(series, { timestamp: this.timeOf(point), count, sum, quantiles });
  }

  private addBuckets(
    series: ReadSeries,
    isDelta: boolean,
    point: Point,
    histogram: { count: number; sum: number | undefined; buckets: Buckets },
  ): void {
    const since = isDelta ? point.start : undefined;
    this.portions.addHistogram(series, { ...histogram, timestamp: this.timeOf(point), since });
  }

  private rejectBuckets(): void {
    this.portions.reject('bad_sample', `a point has at most ${MOST_GIVEN_BUCKETS} buckets`);
  }

  private timeOf({ time }: Point): number {
    return time === 0 ? this.now : time;
  }
}

function explicitBuckets(bounds: readonly number[], counts: readonly number[]): Buckets {
  if (counts.length === 0) return [];
  let atMost = 0;
  return bounds.map((bound, i) => {
    atMost += counts[i];
    return [bound, atMost];
  });
}

/** Here bucket `index` begins at the power of that number; in `fixedBuckets` it ends there. */
function indexed({ offset, counts }: ExponentialBuckets): IndexedCounts {
  const found: IndexedCounts = [];
  for (let i = 0; i < counts.length; i++) if (counts[i] > 0) found.push([offset + i + 1, counts[i]]);
  return found;
}
