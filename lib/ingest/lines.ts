const NEWLINE = 0x0a;

/** One line without its newline, or the news that a line was longer than allowed and has been passed over. */
export type Line = Buffer | 'too_long';

/**
 * Cuts a stream of bytes into lines, yielding the complete lines of each chunk together, so that a reader can work
 * in portions. Holds at most one unfinished line.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Line[]> {
  let unfinished: Uint8Array[] = [];
  let unfinishedBytes = 0;
  let passingOver = false;

  const take = (piece: Uint8Array): void => {
    unfinishedBytes += piece.length;
    if (unfinishedBytes > maxLineBytes) {
      passingOver = true;
      unfinished = [];
    }
    if (!passingOver && piece.length > 0) unfinished.push(piece);
  };
  const finish = (): Line => {
    const line = passingOver ? 'too_long' : Buffer.concat(unfinished);
    unfinished = [];
    unfinishedBytes = 0;
    passingOver = false;
    return line;
  };

  for await (const chunk of body) {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to));
      lines.push(finish());
      from = to + 1;
    }
    take(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (unfinishedBytes > 0) yield [finish()];
}
