import { breathe, type Context } from './context';

/** A value that is computed in pieces: others may have their turn wherever it yields. */
export type InPieces<T> = Generator<void, T>;

/** Samples that are gone through without a pause: about a millisecond of the slowest functions. */
export const SAMPLES_AT_ONCE = 20_000;

/** Goes through positions, some at a time. */
export function* inPieces(from: number, to: number, go: (from: number, to: number) => void): InPieces<void> {
  for (let at = from; at < to; at += SAMPLES_AT_ONCE) {
    if (at > from) yield;
    go(at, Math.min(to, at + SAMPLES_AT_ONCE));
  }
}

/** Computes it, with pauses where they are due. */
export async function finish<T>(value: InPieces<T>, context: Context): Promise<T> {
  for (let next = value.next(); ; next = value.next()) {
    if (next.done) return next.value;
    await breathe(context);
  }
}
