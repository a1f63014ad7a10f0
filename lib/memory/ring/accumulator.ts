import type { TakeRun } from './runs';

/** What is gathered of each slot, run by run. It is used again and again, for one evaluation at a time. */
export interface Accumulator {
  begin(width: number): void;
  readonly take: TakeRun;
  /** What remains to be done after the last run, with a yield wherever it may be put aside. */
  finish?(): Generator<undefined, void>;
}

/** A value of a slot that something was taken for. Null: it cannot be told. */
export type ReadSlot = (slot: number) => number | null;
