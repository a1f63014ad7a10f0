import type { InnerAggregate } from '../../model/aggregates';
import type { Accumulator, ReadSlot } from './accumulator';
import type { SampleBuffer } from './sample-buffer';
import { cleared } from './sums';

export type FirstOrLast = 'first' | 'last';

export function isFirstOrLast(name: InnerAggregate): name is FirstOrLast {
  return name === 'first' || name === 'last';
}

/** The oldest and the newest sample of a slot, of several of one instant the highest. */
export class FirstAndLast implements Accumulator {
  private count = new Float64Array(0);
  private first = new Float64Array(0);
  private firstAt = new Float64Array(0);
  private last = new Float64Array(0);
  private lastAt = new Float64Array(0);

  reader(name: FirstOrLast): ReadSlot {
    return (slot) => (this.count[slot] === 0 ? null : this[name][slot]);
  }

  begin(width: number): void {
    this.count = cleared(this.count, width);
    this.first = cleared(this.first, width);
    this.firstAt = cleared(this.firstAt, width);
    this.last = cleared(this.last, width);
    this.lastAt = cleared(this.lastAt, width);
  }

  readonly take = (slot: number, { data }: SampleBuffer, from: number, to: number): void => {
    const { first, firstAt, last, lastAt } = this;
    const isFirst = this.count[slot] === 0;
    this.count[slot]++;
    const oldestAt = data[2 * from];
    const oldest = data[2 * from + 1];
    if (isFirst || oldestAt < firstAt[slot] || (oldestAt === firstAt[slot] && oldest > first[slot])) {
      firstAt[slot] = oldestAt;
      first[slot] = oldest;
    }
    const newestAt = data[2 * to - 2];
    const newest = data[2 * to - 1];
    if (isFirst || newestAt > lastAt[slot] || (newestAt === lastAt[slot] && newest > last[slot])) {
      lastAt[slot] = newestAt;
      last[slot] = newest;
    }
  };
}
