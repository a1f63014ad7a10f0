import type { InnerAggregate } from '../../model/aggregates';
import { isTame } from '../../model/arithmetic';
import type { Accumulator, ReadSlot } from './accumulator';
import type { SampleBuffer } from './sample-buffer';
import { cleared, Sums } from './sums';

const SUMMARY_AGGREGATES = ['avg', 'sum', 'min', 'max', 'count'] as const satisfies readonly InnerAggregate[];
export type SummaryAggregate = (typeof SUMMARY_AGGREGATES)[number];

export function isSummaryAggregate(name: InnerAggregate): name is SummaryAggregate {
  return (SUMMARY_AGGREGATES as readonly InnerAggregate[]).includes(name);
}

/** Aggregates that need no sample twice: sum, average, lowest, highest, count. */
export class Summary implements Accumulator {
  private readonly sums = new Sums();
  private count = new Float64Array(0);
  private min = new Float64Array(0);
  private max = new Float64Array(0);

  reader(name: SummaryAggregate): ReadSlot {
    const read = this.figure(name);
    return (slot) => (this.count[slot] === 0 ? null : read(slot));
  }

  begin(width: number): void {
    this.sums.begin(width);
    this.count = cleared(this.count, width);
    this.min = cleared(this.min, width);
    this.max = cleared(this.max, width);
  }

  readonly take = (slot: number, { data }: SampleBuffer, from: number, to: number): void => {
    let total = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const value = data[2 * i + 1];
      total += value;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
    if (isTame(lowest) && isTame(highest)) this.sums.addTame(slot, total);
    else for (let i = from; i < to; i++) this.sums.add(slot, data[2 * i + 1]);
    const isFirst = this.count[slot] === 0;
    this.count[slot] += to - from;
    if (isFirst || lowest < this.min[slot]) this.min[slot] = lowest;
    if (isFirst || highest > this.max[slot]) this.max[slot] = highest;
  };

  private figure(name: SummaryAggregate): (slot: number) => number {
    if (name === 'avg') return (slot) => this.sums.over(slot, this.count[slot]);
    if (name === 'sum') return (slot) => this.sums.total(slot);
    return (slot) => this[name][slot];
  }
}
