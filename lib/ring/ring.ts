import type { Series } from '../catalogue/registry';
import { SECOND } from '../model';
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
  /** Epoch ms of this process's start: of what was committed before, the ring learns by `refill`. */
  startedAt: number;
  /**
   * Whether other nodes commit too. Then the ring vouches for nothing by itself, only for the metrics claimed: those
   * of which this node hears everything.
   */
  shared?: boolean;
}

/** Every buffer is trimmed once in so many evictions: a walk over a million of them at once would be felt. */
const EVICTIONS_PER_SWEEP = 20;

/**
 * The last minutes of every series, in memory. It holds committed samples only, and **all** committed samples
 * with a timestamp at or after `coveredFrom`: inside that range it answers as the database would. Where other nodes
 * commit too, that holds per metric, from `coveredSince` on.
 */
export class Ring {
  private readonly buffers = new Map<number, SampleBuffer>();
  private readonly windowMs: number;
  private readonly maxBytes: number;
  /** What is older is not taken in. Before the refill is done, this is earlier than what is vouched for. */
  private keptFrom: number;
  private vouchedFrom: number;
  private heldBytes = 0;
  private sweeping = this.buffers.entries();
  /** By metric id, since when every sample committed anywhere is here; null where this is the only node. */
  private readonly claims: Map<number, number> | null;

  constructor({ windowMs, maxBytes, startedAt, shared = false }: RingOptions) {
    this.claims = shared ? new Map() : null;
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
    this.keptFrom = startedAt - windowMs;
    this.vouchedFrom = startedAt;
  }

  get coveredFrom(): number {
    return this.vouchedFrom;
  }

  /**
   * From here on, epoch ms, the ring holds every committed sample of this metric; Infinity: it cannot tell.
   * A metric without an id has no samples that this node knows of.
   */
  coveredSince(metricId: number | undefined): number {
    if (!this.claims) return this.vouchedFrom;
    return Math.max(this.keptFrom, this.claims.get(metricId ?? 0) ?? Number.POSITIVE_INFINITY);
  }

  /** From now on the ring is told of every sample of this metric, and holds all since `from` already. */
  claim(metricId: number, from: number): void {
    this.claims?.set(metricId, from);
  }

  /** Samples of this metric may be missing from now on. */
  disclaim(metricId: number): void {
    this.claims?.delete(metricId);
  }

  get bytes(): number {
    return this.heldBytes;
  }

  /** Series with samples here. */
  get seriesCount(): number {
    return this.buffers.size;
  }

  /** Whether a sample of this age belongs here once it is committed. */
  keeps(timestamp: number): boolean {
    return timestamp >= this.keptFrom;
  }

  /** Takes in samples of any age and order; those too old and those already here are passed over. */
  add({ series, timestamps, values }: CommittedSamples): void {
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      if (timestamp > series[i].lastSeen) series[i].lastSeen = timestamp;
      this.insert(series[i].id, timestamp, values[i]);
    }
  }

  /**
   * Takes in what the database holds from before this process, then vouches for everything since `from`.
   * Pages may come in any order, and samples be added meanwhile: what the reading missed has been added.
   */
  async refill(
    from: number,
    pages: AsyncIterable<{ seriesIds: number[]; timestamps: number[]; values: number[] }>,
  ) {
    for await (const { seriesIds, timestamps, values } of pages) {
      for (let i = 0; i < seriesIds.length; i++) this.insert(seriesIds[i], timestamps[i], values[i]);
    }
    // Not before `keptFrom`: what has been let go since the reading began is gone.
    this.vouchedFrom = Math.min(this.vouchedFrom, Math.max(from, this.keptFrom));
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
    this.letGoBefore(now - this.windowMs);
    this.sweep(Math.ceil(this.buffers.size / EVICTIONS_PER_SWEEP), false);
    // Over the limit: give up the oldest tenth of the range until it fits, rather than some series entirely.
    while (this.heldBytes > this.maxBytes && this.keptFrom < now) {
      this.letGoBefore(Math.min(now, this.keptFrom + Math.max(SECOND, (now - this.keptFrom) / 10)));
      this.sweep(this.buffers.size, true);
    }
  }

  private letGoBefore(timestamp: number): void {
    this.keptFrom = Math.max(this.keptFrom, timestamp);
    this.vouchedFrom = Math.max(this.vouchedFrom, this.keptFrom);
  }

  /** Trims the next `count` buffers, going round. */
  private sweep(count: number, tightly: boolean): void {
    for (let i = 0; i < count; i++) {
      let next = this.sweeping.next();
      if (next.done) {
        this.sweeping = this.buffers.entries();
        next = this.sweeping.next();
        if (next.done) return;
      }
      const [id, buffer] = next.value;
      this.heldBytes -= buffer.bytes;
      buffer.dropBefore(this.keptFrom, tightly);
      if (buffer.length === 0) this.buffers.delete(id);
      else this.heldBytes += buffer.bytes;
    }
  }

  private insert(seriesId: number, timestamp: number, value: number): void {
    if (timestamp < this.keptFrom) return;
    let buffer = this.buffers.get(seriesId);
    if (!buffer) {
      buffer = new SampleBuffer();
      this.buffers.set(seriesId, buffer);
    } else {
      this.heldBytes -= buffer.bytes;
    }
    buffer.insert(timestamp, value);
    this.heldBytes += buffer.bytes;
  }
}
