import type { HeldBodies } from '../../access/limit/held-body';

const NEWLINE = 0x0a;

export interface Line {
  /** From 1. */
  number: number;
  /** Without its newline; null when it was longer than allowed and was skipped. */
  bytes: Buffer | null;
}

/**
 * Cuts a stream of bytes into lines, yielding those that each chunk completes together, so that a reader can work in
 * portions. Empty lines are counted and left out. Holds at most one unfinished line.
 *
 * @throws PulseError `queue_full` when too much is held of all bodies that are arriving.
 */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
  bodies: HeldBodies,
): AsyncGenerator<Line[]> {
  let number = 1;
  const unfinished = bodies.open(maxLineBytes);
  let unfinishedBytes = 0;

  const take = (piece: Uint8Array): void => {
    unfinishedBytes += piece.length;
    if (unfinishedBytes > maxLineBytes) unfinished.release();
    else unfinished.add(piece);
  };
  const finish = (): Line => {
    const line = { number, bytes: unfinishedBytes > maxLineBytes ? null : unfinished.whole() };
    unfinished.release();
    unfinishedBytes = 0;
    return line;
  };

  try {
    for await (const piece of pieces) {
      const lines: Line[] = [];
      let from = 0;
      for (let to = piece.indexOf(NEWLINE); to !== -1; to = piece.indexOf(NEWLINE, from)) {
        if (to > from) take(piece.subarray(from, to));
        if (unfinishedBytes > 0) lines.push(finish());
        number++;
        from = to + 1;
      }
      if (from < piece.length) take(piece.subarray(from));
      if (lines.length > 0) yield lines;
    }
    if (unfinishedBytes > 0) yield [finish()];
  } finally {
    unfinished.release();
  }
}
