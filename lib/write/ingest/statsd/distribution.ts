import { type Buckets, fixedBuckets } from '../histogram';

/** Two buckets from each power of two to the next, as all histograms without bounds of their own have here. */
const SCALE = 1;
/** Bounds from a millionth to a million millions; what is smaller is in the first, what is larger only in `+Inf`. */
const FIRST = -20 * 2 ** SCALE;
const LAST = 40 * 2 ** SCALE;

/** How many values there were at most each bound. Values of zero and below are at most zero. */
export class Distribution {
  count = 0;
  sum = 0;
  private zeroCount = 0;
  private counts = new Map<number, number>();

  /** How many buckets hold something. */
  get size(): number {
    return this.counts.size;
  }

  /**
   * @param weight how many each of them stands for
   * @returns false, and adds none, where the sum would be no number any more
   */
  add(values: readonly number[], weight: number): boolean {
    const sum = values.reduce((total, value) => total + value * weight, this.sum);
    if (!Number.isFinite(sum) || !Number.isFinite(this.count + values.length * weight)) return false;
    this.sum = sum;
    this.count += values.length * weight;
    for (const value of values) {
      const index = indexOf(value);
      if (index === null) this.zeroCount += weight;
      else if (index <= LAST) this.counts.set(index, (this.counts.get(index) ?? 0) + weight);
    }
    return true;
  }

  buckets(): Buckets {
    const { zeroCount, counts } = this;
    if (this.count === 0) return [];
    const positive = [...counts].sort(([a], [b]) => a - b);
    return fixedBuckets({ scale: SCALE, zeroThreshold: 0, zeroCount, positive, negative: [] });
  }

  copy(): Distribution {
    const copy = new Distribution();
    copy.count = this.count;
    copy.sum = this.sum;
    copy.zeroCount = this.zeroCount;
    copy.counts = new Map(this.counts);
    return copy;
  }
}

function boundOf(index: number): number {
  return 2 ** (index / 2 ** SCALE);
}

/** Of the bucket with a value above zero; null for others. */
function indexOf(value: number): number | null {
  if (!(value > 0)) return null;
  let index = Math.ceil(Math.log2(value) * 2 ** SCALE);
  // The logarithm is rounded; a value at a bound is below it.
  if (value > boundOf(index)) index++;
  else if (value <= boundOf(index - 1)) index--;
  return Math.max(FIRST, index);
}
