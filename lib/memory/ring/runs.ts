import type { PointRange } from '../../model/points';
import type { SampleBuffer } from './sample-buffer';

/** Slot `i` is the point at `start + i * step`. */
export type SlotRange = Omit<PointRange, 'starts'>;

/** Takes the samples `[from, to)` of a buffer, which are all that its series has in the slot. */
export type TakeRun = (slot: number, buffer: SampleBuffer, from: number, to: number) => void;

/** Samples after which it yields. */
const PAUSE_SAMPLES = 16_384;
/** The cost of a buffer beside its samples, in samples. */
const BUFFER_COST = 16;

/**
 * Walks the samples of a range, buffer by buffer, slot by slot. Buffers may change at each yield, because every buffer
 * is read without one.
 */
export function* eachRun(
  buffers: readonly SampleBuffer[],
  range: SlotRange,
  take: TakeRun,
): Generator<undefined, void> {
  let untilPause = PAUSE_SAMPLES;
  for (const buffer of buffers) {
    untilPause -= BUFFER_COST + runsOf(buffer, range, take);
    if (untilPause > 0) continue;
    yield;
    untilPause = PAUSE_SAMPLES;
  }
}

/** @returns how many samples it read. */
function runsOf(buffer: SampleBuffer, { start, end, step }: SlotRange, take: TakeRun): number {
  const { data } = buffer;
  const first = buffer.lowerBound(start);
  const stop = buffer.lowerBound(end);
  let from = first;
  let length = 1;
  while (from < stop) {
    const slot = Math.floor((data[2 * from] - start) / step);
    const slotEnd = start + (slot + 1) * step;
    // Most series are regular: tries the length of the previous run before it searches the end of this one.
    let to = Math.min(stop, from + length);
    while (to > from + 1 && data[2 * to - 2] >= slotEnd) to--;
    while (to < stop && data[2 * to] < slotEnd) to++;
    take(slot, buffer, from, to);
    length = to - from;
    from = to;
  }
  return stop - first;
}
