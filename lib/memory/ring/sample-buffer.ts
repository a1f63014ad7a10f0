const FIRST_CAPACITY = 8;
const GROWTH = 1.5;
/** The memory of one buffer beside its samples; measured with 300,000 buffers. */
const OVERHEAD_BYTES = 512;
const SAMPLE_BYTES = 16;

/**
 * The samples of one series, ascending in time, unique by timestamp: the first value stays. Timestamp and value
 * of sample `i` are at `data[2 * i]` and `data[2 * i + 1]`: one allocation a series, and both are in one cache line
 * when they are read together. The start moves, so that appending the newest and dropping the oldest are O(1).
 */
export class SampleBuffer {
  data = new Float64Array(2 * FIRST_CAPACITY);
  /** The samples are at indices `[start, end)`. */
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  get bytes(): number {
    return this.capacity * SAMPLE_BYTES + OVERHEAD_BYTES;
  }

  timestampAt(index: number): number {
    return this.data[2 * index];
  }

  valueAt(index: number): number {
    return this.data[2 * index + 1];
  }

  /** @returns whether it was new. */
  insert(timestamp: number, value: number): boolean {
    let at = this.end;
    // Nearly every sample is the newest of its series; a late one is inserted by binary search.
    if (at > this.start && this.timestampAt(at - 1) >= timestamp) {
      at = this.lowerBound(timestamp);
      if (this.timestampAt(at) === timestamp) return false;
    }
    if (this.end === this.capacity) at -= this.makeRoom();
    if (at < this.end) this.data.copyWithin(2 * at + 2, 2 * at, 2 * this.end);
    this.data[2 * at] = timestamp;
    this.data[2 * at + 1] = value;
    this.end++;
    return true;
  }

  has(timestamp: number): boolean {
    const at = this.lowerBound(timestamp);
    return at < this.end && this.timestampAt(at) === timestamp;
  }

  /** Index of the first sample at or after `timestamp`; `end` when there is none. */
  lowerBound(timestamp: number): number {
    const { data } = this;
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (data[2 * middle] < timestamp) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Drops the samples before `timestamp`, except the newest of them, the predecessor. `tightly`: always shrinks the
   * memory, else only when much is free.
   */
  dropBefore(timestamp: number, tightly = false): void {
    this.start = Math.max(this.start, this.lowerBound(timestamp) - 1);
    const needed = Math.max(FIRST_CAPACITY, Math.ceil(this.length * 1.25));
    if (needed < this.capacity * (tightly ? 1 : 0.4)) this.moveTo(needed);
  }

  private get capacity(): number {
    return this.data.length / 2;
  }

  /** @returns by how much indices have moved down. */
  private makeRoom(): number {
    const moved = this.start;
    // With a quarter of it free at the front, moving down costs three moves an insert; a longer series has to grow.
    if (this.start * 4 >= this.capacity) {
      this.data.copyWithin(0, 2 * this.start, 2 * this.end);
      this.end -= moved;
      this.start = 0;
    } else {
      this.moveTo(Math.ceil(this.capacity * GROWTH));
    }
    return moved;
  }

  private moveTo(capacity: number): void {
    const data = new Float64Array(2 * capacity);
    data.set(this.data.subarray(2 * this.start, 2 * this.end));
    this.data = data;
    this.end -= this.start;
    this.start = 0;
  }
}
