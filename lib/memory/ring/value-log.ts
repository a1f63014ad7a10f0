/** Values are kept in blocks of so many at most; to sort one takes about 2 ms. */
export const BLOCK = 32_768;
const SMALL = 16;
/** Memory for so many values is kept for the next use. */
const KEPT = 4_096;

/** Values in the order they are added, each with its slot. */
export class ValueLog {
  /** The full blocks, then the one that is being filled. */
  private full: Float64Array[] = [];
  private block = new Float64Array(SMALL);
  private filled = 0;
  /** Slot and length of each run of values for one slot. */
  private runs = new Uint32Array(2 * SMALL);
  private runsEnd = 0;

  clear(): void {
    this.full = [];
    if (this.block.length > KEPT) this.block = new Float64Array(SMALL);
    if (this.runs.length > 2 * KEPT) this.runs = new Uint32Array(2 * SMALL);
    this.filled = 0;
    this.runsEnd = 0;
  }

  add(slot: number, value: number): void {
    this.noteRun(slot, 1);
    if (this.filled === this.block.length) this.makeRoom();
    this.block[this.filled++] = value;
  }

  /** Adds the values of the samples `[from, to)` of a buffer's data. */
  addRun(slot: number, data: Float64Array, from: number, to: number): void {
    this.noteRun(slot, to - from);
    let at = from;
    while (at < to) {
      if (this.filled === this.block.length) this.makeRoom();
      const { block } = this;
      const offset = this.filled - at;
      const stop = Math.min(to, block.length - offset);
      for (; at < stop; at++) block[at + offset] = data[2 * at + 1];
      this.filled = at + offset;
    }
  }

  /** All values as they came, whatever their slots. */
  blocks(): Float64Array[] {
    return [...this.full, this.block.subarray(0, this.filled)];
  }

  /**
   * Puts the values of each slot side by side into `pool`; those of a slot begin at `places[slot]`, which is where they
   * end afterwards. Yields between blocks.
   */
  *arrange(pool: Float64Array, places: Float64Array): Generator<undefined, void> {
    let run = 0;
    let left = this.runs[1];
    for (const block of this.blocks()) {
      for (let at = 0; at < block.length; ) {
        while (left === 0) {
          run += 2;
          left = this.runs[run + 1];
        }
        const stop = Math.min(block.length, at + left);
        left -= stop - at;
        const slot = this.runs[run];
        let place = places[slot];
        for (; at < stop; at++) pool[place++] = block[at];
        places[slot] = place;
      }
      yield;
    }
  }

  private makeRoom(): void {
    if (this.block.length < BLOCK) {
      const larger = new Float64Array(2 * this.block.length);
      larger.set(this.block);
      this.block = larger;
    } else {
      this.full.push(this.block);
      this.block = new Float64Array(BLOCK);
      this.filled = 0;
    }
  }

  private noteRun(slot: number, length: number): void {
    const { runs, runsEnd } = this;
    if (runsEnd > 0 && runs[runsEnd - 2] === slot) {
      runs[runsEnd - 1] += length;
      return;
    }
    if (runsEnd === runs.length) {
      this.runs = new Uint32Array(2 * runsEnd);
      this.runs.set(runs);
    }
    this.runs[runsEnd] = slot;
    this.runs[runsEnd + 1] = length;
    this.runsEnd += 2;
  }
}
