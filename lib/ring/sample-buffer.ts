const FIRST_CAPACITY = 16;

/**
 * The samples of one series, ascending in time, unique by timestamp: the first value stays. Two parallel
 * typed arrays with a moving start, so that both appending the newest and dropping the oldest are O(1).
 */
export class SampleBuffer {
  timestamps = new Float64Array(FIRST_CAPACITY);
  values = new Float64Array(FIRST_CAPACITY);
  /** The samples are at `[start, end)` of both arrays. */
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  get bytes(): number {
    return this.timestamps.byteLength * 2;
  }

  /** @returns whether it was new. */
  insert(timestamp: number, value: number): boolean {
    let at = this.end;
    // Nearly every sample is the newest of its series; a late one is searched for its place.
    if (at > this.start && this.timestamps[at - 1] >= timestamp) {
      at = this.lowerBound(timestamp);
      if (this.timestamps[at] === timestamp) return false;
    }
    if (this.end === this.timestamps.length) at += this.makeRoom();
    if (at < this.end) {
      this.timestamps.copyWithin(at + 1, at, this.end);
      this.values.copyWithin(at + 1, at, this.end);
    }
    this.timestamps[at] = timestamp;
    this.values[at] = value;
    this.end++;
    return true;
  }

  has(timestamp: number): boolean {
    const at = this.lowerBound(timestamp);
    return at < this.end && this.timestamps[at] === timestamp;
  }

  /** Index of the first sample at or after `timestamp`; `end` when there is none. */
  lowerBound(timestamp: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestamps[middle] < timestamp) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  dropBefore(timestamp: number): void {
    this.start = this.lowerBound(timestamp);
    if (this.start === this.end) this.start = this.end = 0;
    // Memory of a burst that has passed goes back.
    else if (this.timestamps.length > FIRST_CAPACITY && this.length * 4 < this.timestamps.length)
      this.moveTo(Math.max(FIRST_CAPACITY, this.length * 2));
  }

  /** @returns by how much indices have moved. */
  private makeRoom(): number {
    const before = this.start;
    if (this.length * 2 <= this.timestamps.length) {
      this.timestamps.copyWithin(0, this.start, this.end);
      this.values.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    } else {
      this.moveTo(this.timestamps.length * 2);
    }
    return -before;
  }

  private moveTo(capacity: number): void {
    const timestamps = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    timestamps.set(this.timestamps.subarray(this.start, this.end));
    values.set(this.values.subarray(this.start, this.end));
    this.timestamps = timestamps;
    this.values = values;
    this.end -= this.start;
    this.start = 0;
  }
}
