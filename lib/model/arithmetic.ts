/**
 * Sums, means and spreads over the whole range of float64, as drizzle/catalogue/functions/arithmetic.sql computes them:
 * a result beyond float64 is its largest value, never infinity. JavaScript rounds results that are too small itself.
 */

/** Values up to here are `tame`: a thousand million of them can be added without overflow. Larger ones are `huge`. */
export const TAME = 1e299;
/** Exact, as a power of two. */
export const DOWN = 2 ** -64;
export const UP = 2 ** 64;

export function isTame(value: number): boolean {
  return value >= -TAME && value <= TAME;
}

/** The nearest float64 that is finite. */
export function saturated(value: number): number {
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value));
}

/** With so many significant digits. */
export function roundedTo(digits: number, value: number): number {
  return saturated(Number(value.toPrecision(digits)));
}

/** The mean of some values, of none NaN. */
export function meanOf(values: readonly number[]): number {
  return sumUp(values).over(values.length);
}

export function totalOf(values: readonly number[]): number {
  return sumUp(values).total();
}

function sumUp(values: readonly number[]): Sum {
  const sum = new Sum();
  for (const value of values) sum.add(value);
  return sum;
}

/** A sum of any float64s. Slower than plain addition, which is right as long as the sum is finite. */
export class Sum {
  tame = 0;
  /** Of the huge values, scaled down. */
  huge = 0;

  add(value: number): void {
    if (isTame(value)) this.tame += value;
    else this.huge += value * DOWN;
  }

  /** Adds `later - earlier`, which float64 may not hold. */
  addDifference(later: number, earlier: number): void {
    if (isTame(later) && isTame(earlier)) this.tame += later - earlier;
    else this.huge += later * DOWN - earlier * DOWN;
  }

  total(): number {
    return this.over(1);
  }

  /** The total, divided. */
  over(divisor: number): number {
    if (this.huge === 0) return saturated(this.tame / divisor);
    return saturated((this.huge / divisor + (this.tame / divisor) * DOWN) * UP);
  }
}

/** The value at `share` of the way from `low` to `high`, as `percentile_cont` computes it. */
export function interpolate(low: number, high: number, share: number): number {
  const distance = high - low;
  if (Number.isFinite(distance)) return low + share * distance;
  return saturated((low / 2 + share * (high / 2 - low / 2)) * 2);
}

/** Squares of values up to here can be added a million times without overflow. */
const SQUARABLE = 2 ** 400;
export const SCALE = 2 ** 600;

/** What values up to this size are multiplied by, exactly, before they are squared. */
export function squaringScale(largest: number): number {
  if (largest > SQUARABLE) return 1 / SCALE;
  return largest < 1 / SQUARABLE ? SCALE : 1;
}

/** The population standard deviation: of one value 0, of none NaN. */
export function standardDeviation(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  const scale = squaringScale(largest);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] * scale;
  const mean = total / values.length;
  let distances = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = values[i] * scale - mean;
    distances += distance;
    squares += distance * distance;
  }
  return saturated(deviation(squares, distances, values.length) / scale);
}

/**
 * The standard deviation of so many values by their distances from about their mean, and the squares of those: what the
 * distances come to makes up for the digits that the mean lacks (https://doi.org/10.1080/00031305.1983.10483115).
 */
export function deviation(squares: number, distances: number, count: number): number {
  return Math.sqrt(Math.max(0, squares - (distances * distances) / count) / count);
}
