import {
  type InnerAggregate,
  isPercentile,
  type OuterAggregate,
  type Percentile,
  shareOf,
} from '../../model/aggregates';
import type { ReadSlot } from './accumulator';
import { quantile, stddev, type ValueBlocks } from './statistics';
import { cleared } from './sums';
import { BLOCK, ValueLog } from './value-log';

/** Aggregates that need all values together. */
export type AllValuesAggregate = 'stddev' | Percentile;

export function needsAllValues(name: InnerAggregate | OuterAggregate): name is AllValuesAggregate {
  return name === 'stddev' || isPercentile(name);
}

/** All values of each slot. */
export class Values {
  private readonly log = new ValueLog();
  private readonly isSorted: boolean;
  private count = new Float64Array(0);
  private results: Array<Float64Array<ArrayBuffer>>;

  constructor(private readonly aggregates: readonly AllValuesAggregate[]) {
    this.isSorted = aggregates.some((each) => each !== 'stddev');
    this.results = aggregates.map(() => new Float64Array(0));
  }

  begin(width: number): void {
    this.log.clear();
    this.count = cleared(this.count, width);
    this.results = this.results.map((result) => cleared(result, width));
  }

  add(slot: number, value: number): void {
    this.count[slot]++;
    this.log.add(slot, value);
  }

  /** Adds the values of the samples `[from, to)` of a buffer's data. */
  addRun(slot: number, data: Float64Array, from: number, to: number): void {
    this.count[slot] += to - from;
    this.log.addRun(slot, data, from, to);
  }

  reader(name: AllValuesAggregate): ReadSlot {
    const place = this.aggregates.indexOf(name);
    return (slot) => (this.count[slot] === 0 ? null : this.results[place][slot]);
  }

  /** Computes the results. Yields wherever that may be paused. */
  *finish(width: number): Generator<undefined, void> {
    if (width === 1) yield* this.finishSlot(0, this.log.blocks());
    else yield* this.finishSlots(width);
    this.log.clear();
  }

  private *finishSlots(width: number): Generator<undefined, void> {
    const places = new Float64Array(width);
    let total = 0;
    for (let slot = 0; slot < width; slot++) {
      places[slot] = total;
      total += this.count[slot];
    }
    const pool = new Float64Array(total);
    yield* this.log.arrange(pool, places);
    let unpaused = 0;
    for (let slot = 0; slot < width; slot++) {
      if (this.count[slot] === 0) continue;
      yield* this.finishSlot(slot, inBlocks(pool, places[slot] - this.count[slot], places[slot]));
      unpaused += this.count[slot];
      if (unpaused < BLOCK) continue;
      yield;
      unpaused = 0;
    }
  }

  private *finishSlot(slot: number, blocks: ValueBlocks): Generator<undefined, void> {
    if (this.count[slot] === 0) return;
    if (this.isSorted)
      for (const [i, values] of blocks.entries()) {
        if (i > 0) yield;
        values.sort();
      }
    for (const [place, name] of this.aggregates.entries()) {
      const share = shareOf(name);
      this.results[place][slot] = share === null ? yield* stddev(blocks) : quantile(blocks, share);
    }
  }
}

function inBlocks(pool: Float64Array, from: number, to: number): ValueBlocks {
  if (to - from <= BLOCK) return [pool.subarray(from, to)];
  const blocks: Float64Array[] = [];
  for (let at = from; at < to; at += BLOCK) blocks.push(pool.subarray(at, Math.min(to, at + BLOCK)));
  return blocks;
}
