import type { Accumulator, ReadSlot } from './accumulator';
import type { SampleBuffer } from './sample-buffer';
import { type AllValuesAggregate, Values } from './values';

/** Aggregates that need all samples of a slot together, of all series. */
export class PooledValues implements Accumulator {
  private readonly values: Values;
  private width = 0;

  constructor(aggregates: readonly AllValuesAggregate[]) {
    this.values = new Values(aggregates);
  }

  reader(name: AllValuesAggregate): ReadSlot {
    return this.values.reader(name);
  }

  begin(width: number): void {
    this.width = width;
    this.values.begin(width);
  }

  readonly take = (slot: number, { data }: SampleBuffer, from: number, to: number): void => {
    this.values.addRun(slot, data, from, to);
  };

  finish(): Generator<undefined, void> {
    return this.values.finish(this.width);
  }
}
