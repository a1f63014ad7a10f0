import type { InnerAggregate, OuterAggregate } from '../../model/aggregates';
import type { Accumulator, ReadSlot } from './accumulator';
import type { SampleBuffer } from './sample-buffer';
import { type SeriesValue, seriesValue } from './series-value';
import { cleared, Sums } from './sums';
import { type AllValuesAggregate, needsAllValues, Values } from './values';

/** Aggregates in two stages: a value of each series, then the aggregates of these values in a slot. */
export class OverSeries implements Accumulator {
  private readonly ofSeries: SeriesValue;
  private readonly sums = new Sums();
  private count = new Float64Array(0);
  private min = new Float64Array(0);
  private max = new Float64Array(0);
  /** Null where no outer aggregate needs all values together. */
  private readonly values: Values | null;
  private width = 0;

  constructor(inner: InnerAggregate, outers: readonly OuterAggregate[]) {
    this.ofSeries = seriesValue(inner);
    const needingAll = outers.filter(needsAllValues);
    this.values = needingAll.length > 0 ? new Values(needingAll) : null;
  }

  reader(outer: OuterAggregate): ReadSlot {
    if (needsAllValues(outer)) return this.values!.reader(outer);
    const read = this.figure(outer);
    return (slot) => (this.count[slot] === 0 ? null : read(slot));
  }

  begin(width: number): void {
    this.width = width;
    this.sums.begin(width);
    this.count = cleared(this.count, width);
    this.min = cleared(this.min, width);
    this.max = cleared(this.max, width);
    this.values?.begin(width);
  }

  readonly take = (slot: number, buffer: SampleBuffer, from: number, to: number): void => {
    const value = this.ofSeries(buffer, from, to);
    if (value === null) return;
    const { count, min, max } = this;
    if (count[slot] === 0 || value < min[slot]) min[slot] = value;
    if (count[slot] === 0 || value > max[slot]) max[slot] = value;
    count[slot]++;
    this.sums.add(slot, value);
    this.values?.add(slot, value);
  };

  *finish(): Generator<undefined, void> {
    if (this.values) yield* this.values.finish(this.width);
  }

  private figure(outer: Exclude<OuterAggregate, AllValuesAggregate>): (slot: number) => number {
    if (outer === 'avg') return (slot) => this.sums.over(slot, this.count[slot]);
    if (outer === 'sum') return (slot) => this.sums.total(slot);
    return (slot) => this[outer][slot];
  }
}
