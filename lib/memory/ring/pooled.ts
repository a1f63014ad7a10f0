import type { SampleBuffer } from './sample-buffer';
import type { ReadSlot, Tally } from './tally';
import { type OfValues, Values } from './values';

/** The samples of a slot, all series together, as far as they have to be known all at once. */
export class Pooled implements Tally {
  private readonly values: Values;
  private width = 0;

  constructor(wanted: readonly OfValues[]) {
    this.values = new Values(wanted);
  }

  reader(name: OfValues): ReadSlot {
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
