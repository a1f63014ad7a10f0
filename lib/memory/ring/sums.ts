import { DOWN, isTame, Sum, saturated, UP } from '../../model/arithmetic';

/** A `Sum` for each slot. */
export class Sums {
  private tame = new Float64Array(0);
  private huge = new Float64Array(0);

  begin(width: number): void {
    this.tame = cleared(this.tame, width);
    this.huge = cleared(this.huge, width);
  }

  add(slot: number, value: number): void {
    if (isTame(value)) this.tame[slot] += value;
    else this.huge[slot] += value * DOWN;
  }

  /** Adds a value that is tame, or a sum of such. */
  addTame(slot: number, value: number): void {
    this.tame[slot] += value;
  }

  /** Adds the total of a sum, divided. */
  addRatio(slot: number, sum: Sum, divisor: number): void {
    this.tame[slot] += sum.tame / divisor;
    this.huge[slot] += sum.huge / divisor;
  }

  total(slot: number): number {
    return this.over(slot, 1);
  }

  /** The total divided by 1 or more. */
  over(slot: number, divisor: number): number {
    const tame = this.tame[slot] / divisor;
    if (this.huge[slot] === 0) return saturated(tame);
    return saturated((this.huge[slot] / divisor + tame * DOWN) * UP);
  }
}

/** The sum of the values of samples `[from, to)` of a buffer's data. */
export function sumOf(data: Float64Array, from: number, to: number): Sum {
  const sum = new Sum();
  for (let i = from; i < to; i++) sum.add(data[2 * i + 1]);
  return sum;
}

/** The array, or a longer one, with zeros in the first `length` places. */
export function cleared(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (array.length < length) return new Float64Array(length);
  return array.fill(0, 0, length);
}
