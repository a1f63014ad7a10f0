/** For the server's own metrics. */
export interface StreamFigures {
  /** Turns in which streams evaluated, and the time that took. */
  turns: number;
  turnMs: number;
  slowestTurnMs: number;
  /** Times a reader was found too slow to be written to. */
  stalls: number;
  /** Bytes that wait for readers who are too slow. */
  heldBytes: number;
}

/** What all streams together may hold for readers that do not read; each holds half a megabyte at most, mostly. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** What streams cost this process. */
export class StreamLoad {
  readonly figures: StreamFigures = { turns: 0, turnMs: 0, slowestTurnMs: 0, stalls: 0, heldBytes: 0 };

  /** A stream has evaluated what it sends, in so many ms. */
  noteTurn(ms: number): void {
    const { figures } = this;
    figures.turns++;
    figures.turnMs += ms;
    figures.slowestTurnMs = Math.max(figures.slowestTurnMs, ms);
  }

  /** A reader was too slow to be written to. */
  noteStall(): void {
    this.figures.stalls++;
  }

  /** So many bytes more (or fewer) wait for readers. @returns whether there is room for them. */
  noteHeld(bytes: number): boolean {
    this.figures.heldBytes += bytes;
    return this.figures.heldBytes <= MAX_HELD_BYTES;
  }
}
