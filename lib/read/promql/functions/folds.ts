import { type InPieces, inPieces } from '../evaluate/pieces';
import { ExactSum, type Fold } from '../evaluate/sums';
import type { WindowFunction } from '../evaluate/windows';

/** Goes through the samples of each window, unless it has the same as the one before. */
export function folded(values: Float64Array, begin: () => Fold): WindowFunction {
  let last = { low: -1, high: -1, value: 0 };
  return function* ({ low, high }) {
    if (low === last.low && high === last.high) return last.value;
    const fold = begin();
    yield* inPieces(low, high, (from, to) => {
      for (let i = from; i < to; i++) fold.add(values[i]);
    });
    last = { low, high, value: fold.result() };
    return last.value;
  };
}

/** Shorter windows are gone through anew, in Prometheus' order; so are longer ones, whose sums take much memory. */
const SHORTEST = 64;
const LONGEST = 1_000_000;
/** Sums of a million of these do not overflow, so that it does not matter in which order they are added. */
const LARGEST = 1e300;

/**
 * A function of the sum of each window. Windows only move forward, so each sample is added twice, however much they
 * overlap; what rounding takes away is kept, so that it comes to what adding up each window anew does.
 */
export function slidingSum(
  values: Float64Array,
  result: (sum: ExactSum, count: number) => number,
  begin: () => Fold,
): WindowFunction {
  const anew = folded(values, begin);
  const sums = new SlidingSums(values);
  let fitsAnyOrder: boolean | null = null;
  return (window) => {
    const count = window.high - window.low;
    if (count < SHORTEST || count > LONGEST) return anew(window);
    fitsAnyOrder ??= values.every((value) => Math.abs(value) <= LARGEST);
    return fitsAnyOrder ? slide(window.low, window.high) : anew(window);
  };
  function* slide(low: number, high: number): InPieces<number> {
    return result(yield* sums.of(low, high), high - low);
  }
}

/**
 * Sums of windows as two parts: from each position to a middle, computed backwards once, and from the middle on. When
 * the window has left the first part, the middle moves to its end. Nothing is ever taken away from a sum, which would
 * not be exact.
 */
class SlidingSums {
  private sums = new Float64Array(0);
  private losts = new Float64Array(0);
  private first = 0;
  private middle = 0;
  private end = 0;
  private front = new ExactSum();

  constructor(private readonly values: Float64Array) {}

  *of(low: number, high: number): InPieces<ExactSum> {
    if (low >= this.middle) yield* this.moveMiddle(low, high);
    else
      yield* inPieces(this.end, high, (from, to) => {
        for (let i = from; i < to; i++) this.front.add(this.values[i]);
      });
    this.end = high;
    const sum = new ExactSum(this.sums[low - this.first], this.losts[low - this.first]);
    sum.addAll(this.front);
    return sum;
  }

  private *moveMiddle(low: number, high: number): InPieces<void> {
    if (this.sums.length < high - low) {
      this.sums = new Float64Array(high - low);
      this.losts = new Float64Array(high - low);
    }
    const sum = new ExactSum();
    yield* inPieces(0, high - low, (from, to) => {
      for (let back = from; back < to; back++) {
        const i = high - 1 - back;
        sum.add(this.values[i]);
        this.sums[i - low] = sum.sum;
        this.losts[i - low] = sum.lost;
      }
    });
    this.first = low;
    this.middle = high;
    this.front = new ExactSum();
  }
}
