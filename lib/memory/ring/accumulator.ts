import type { TakeRun } from './runs';

/** Accumulates values per slot, run by run. It is reused, by one evaluation at a time. */
export interface Accumulator {
  begin(width: number): void;
  readonly take: TakeRun;
  /** Called after the last run; yields wherever it may be paused. */
  finish?(): Generator<undefined, void>;
}

/** The value of a slot; null: it has none. */
export type ReadSlot = (slot: number) => number | null;
