/** No sample is known to be new: every one has to be looked up. */
const NOTHING = Number.POSITIVE_INFINITY;
const FIRST_CAPACITY = 1_024;

/**
 * An upper bound of the timestamps stored for each series, in memory. A sample later than its series' bound cannot
 * be stored already, which spares looking it up; that is nearly every sample.
 *
 * It holds as long as everything that is appended is noted here. Bounds may be too high (a failed append raises them,
 * too), never too low.
 */
export class Heads {
  private newest = new Float64Array(FIRST_CAPACITY).fill(Number.NEGATIVE_INFINITY);
  /** Samples before this are not accounted for in `newest`. */
  private accountedFrom = NOTHING;
  private distrusted = 0;

  get trusted(): boolean {
    return this.accountedFrom !== NOTHING;
  }

  /** Something was appended that is not noted here: nothing is known any more. Returns a ticket for `trust`. */
  distrust(): number {
    this.accountedFrom = NOTHING;
    return ++this.distrusted;
  }

  /**
   * Trusts the bounds again, for samples from `from` on. `stored` are the newest stored samples of all series that
   * have any from then on. Does nothing when `distrust` was called since the ticket was drawn.
   */
  trust(ticket: number, from: number, stored: ReadonlyArray<{ seriesId: number; newest: number }>): void {
    if (ticket !== this.distrusted) return;
    for (const { seriesId, newest } of stored) this.raise(seriesId, newest);
    this.accountedFrom = from;
  }

  /** Takes note of samples that are about to be stored; returns the positions of those that may be there already. */
  admit(seriesIds: readonly number[], timestamps: readonly number[]): number[] {
    const doubtful: number[] = [];
    for (let i = 0; i < seriesIds.length; i++) {
      const id = seriesIds[i];
      const timestamp = timestamps[i];
      if (timestamp < this.accountedFrom || timestamp <= this.newestOf(id)) doubtful.push(i);
      this.raise(id, timestamp);
    }
    return doubtful;
  }

  /** Takes note of samples that others are about to store. */
  note(seriesIds: readonly number[], timestamps: readonly number[]): void {
    for (let i = 0; i < seriesIds.length; i++) this.raise(seriesIds[i], timestamps[i]);
  }

  private newestOf(id: number): number {
    return id < this.newest.length ? this.newest[id] : Number.NEGATIVE_INFINITY;
  }

  private raise(id: number, timestamp: number): void {
    if (id >= this.newest.length) {
      const larger = new Float64Array(Math.max(id + 1, this.newest.length * 2)).fill(
        Number.NEGATIVE_INFINITY,
      );
      larger.set(this.newest);
      this.newest = larger;
    }
    if (timestamp > this.newest[id]) this.newest[id] = timestamp;
  }
}
