import type { Series } from '../catalogue/registry';
import { SampleBuffer } from './sample-buffer';

/** Samples the database has just taken, in columns: position `i` of each array is one sample. */
export interface CommittedSamples {
  series: Series[];
  timestamps: number[];
  values: number[];
}

export interface RingOptions {
  windowMs: number;
  maxBytes: number;
  /** The ring is complete from here on: nothing older was committed to it. Epoch ms. */
  startedAt: number;
}

/**
 * The last minutes of every series, in memory. It holds committed samples only, and **all** committed samples
 * with a timestamp at or after `coveredFrom`: inside that range it answers as the database would.
 */
export class Ring {
  coveredFrom: number;
  private readonly buffers = new Map<number, SampleBuffer>();
  private readonly windowMs: number;
  private readonly maxBytes: number;

  constructor({ windowMs, maxBytes, startedAt }: RingOptions) {
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
    this.coveredFrom = startedAt;
  }

  /** Takes in samples of any age and order; those before the covered range and those already here are passed over. */
  add({ series, timestamps, values }: CommittedSamples): void {
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      if (timestamp > series[i].lastSeen) series[i].lastSeen = timestamp;
      if (timestamp >= this.coveredFrom) this.bufferOf(series[i].id).insert(timestamp, values[i]);
    }
  }

  /**
   * Takes in what the database holds from before this process, then vouches for everything since `from`.
   * Pages may come in any order.
   */
  async refill(from: number, pages: AsyncIterable<{ seriesIds: number[]; timestamps: number[]; values: number[] }>) {
    for await (const { seriesIds, timestamps, values } of pages) {
      for (let i = 0; i < seriesIds.length; i++) this.bufferOf(seriesIds[i]).insert(timestamps[i], values[i]);
    }
    this.coveredFrom = Math.min(this.coveredFrom, from);
  }

  /** The samples of one series, ascending; undefined when it has none here. A view: read it before the next `add`. */
  samples(seriesId: number): SampleBuffer | undefined {
    return this.buffers.get(seriesId);
  }

  /** Whether this very sample is here. Only inside the covered range does `false` mean it was never committed. */
  has(seriesId: number, timestamp: number): boolean {
    return this.buffers.get(seriesId)?.has(timestamp) ?? false;
  }

  /** Lets go of what is older than the window, or of more where memory is short. Called about once a second. */
  evict(now: number): void {
    let before = Math.max(this.coveredFrom, now - this.windowMs);
    this.evictBefore(before);
    // Over the limit: give up the oldest tenth of the range until it fits, rather than some series entirely.
    while (this.bytes > this.maxBytes && before < now) {
      before += Math.max(1_000, (now - before) / 10);
      this.evictBefore(Math.min(before, now));
    }
  }

  get bytes(): number {
    let total = 0;
    for (const buffer of this.buffers.values()) total += buffer.bytes;
    return total;
  }

  private evictBefore(before: number): void {
    if (before <= this.coveredFrom) return;
    this.coveredFrom = before;
    for (const [id, buffer] of this.buffers) {
      buffer.dropBefore(before);
      if (buffer.length === 0) this.buffers.delete(id);
    }
  }

  private bufferOf(seriesId: number): SampleBuffer {
    let buffer = this.buffers.get(seriesId);
    if (!buffer) {
      buffer = new SampleBuffer();
      this.buffers.set(seriesId, buffer);
    }
    return buffer;
  }
}
