import type { Aggregate } from '../../model/aggregates';
import type { Point } from '../../model/points';
import { type Accumulators, createAccumulators } from './accumulators';
import { eachRun, type SlotRange, type TakeRun } from './runs';
import type { SampleBuffer } from './sample-buffer';

/** Slots that are evaluated together: more than most questions have. */
const MOST_SLOTS = 8_192;
/** Fewer slots, where all values must be kept and are more than this. */
const MOST_VALUES = 2 ** 22;
const BUFFERS_AT_ONCE = 4_096;

/**
 * Computes points for one list of aggregates. It reuses its accumulators, so it does one evaluation at a time. Its
 * methods yield wherever they may be paused; buffers may change meanwhile.
 */
export class Evaluator {
  isBusy = false;
  private readonly accumulators: Accumulators;
  private readonly take: TakeRun;

  constructor(aggregates: readonly Aggregate[]) {
    this.accumulators = createAccumulators(aggregates);
    const { all } = this.accumulators;
    this.take =
      all.length === 1
        ? all[0].take
        : (slot, buffer, from, to) => {
            for (const accumulator of all) accumulator.take(slot, buffer, from, to);
          };
  }

  *evaluate(buffers: readonly SampleBuffer[], range: SlotRange): Generator<undefined, Point[]> {
    const { start, end, step } = range;
    const width = step * (this.accumulators.keepValues ? yield* slotsAtOnce(buffers, range) : MOST_SLOTS);
    const points: Point[] = [];
    for (let from = start; from < end; from += width) {
      yield* this.evaluateSlots(buffers, { start: from, end: Math.min(end, from + width), step }, points);
      if (from + width < end) yield;
    }
    return points;
  }

  private *evaluateSlots(buffers: readonly SampleBuffer[], range: SlotRange, points: Point[]) {
    const { all, readers } = this.accumulators;
    const { start, end, step } = range;
    const width = Math.ceil((end - start) / step);
    for (const accumulator of all) accumulator.begin(width);
    yield* eachRun(buffers, range, this.take);
    for (const accumulator of all) if (accumulator.finish) yield* accumulator.finish();
    const values = readers.map((): number | null => null);
    for (let slot = 0; slot < width; slot++) {
      let hasValue = false;
      for (let i = 0; i < readers.length; i++) {
        const value = readers[i](slot);
        if (value !== null) hasValue = true;
        // Turns -0 into 0.
        values[i] = value === 0 ? 0 : value;
      }
      if (hasValue) points.push([start + slot * step, ...values]);
    }
  }
}

/** How many slots may be evaluated together. Values are counted only where there are many. */
function* slotsAtOnce(buffers: readonly SampleBuffer[], { start, end, step }: SlotRange) {
  let held = 0;
  for (const { length } of buffers) held += length;
  if (held <= MOST_VALUES) return MOST_SLOTS;
  let inRange = 0;
  for (const [i, buffer] of buffers.entries()) {
    inRange += buffer.lowerBound(end) - buffer.lowerBound(start);
    if (i % BUFFERS_AT_ONCE === BUFFERS_AT_ONCE - 1) yield;
  }
  const slots = Math.floor((((end - start) / step) * MOST_VALUES) / inRange);
  return Math.min(MOST_SLOTS, Math.max(1, slots));
}
