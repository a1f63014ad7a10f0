import { SECOND } from '../../model/time/duration';

/** Arrivals within this time are one entry: precise enough for replays, and few entries. */
const SLICE_MS = 5 * SECOND;

interface Slice {
  from: number;
  /** Metric name → earliest timestamp of a sample that arrived. */
  earliest: Map<string, number>;
}

/**
 * What arrived when, for the last minutes: enough to find, for a returning reader, the first point that may have
 * changed since it left. Times are epoch ms.
 */
export class ArrivalLog {
  private readonly slices: Slice[] = [];
  private completeFrom: number;

  constructor(
    private readonly keptMs: number,
    startedAt: number,
  ) {
    this.completeFrom = startedAt;
  }

  /** Whether everything that arrived since `time` is still known. */
  reaches(time: number): boolean {
    return time >= this.completeFrom;
  }

  note(metric: string, timestamp: number, arrivedAt: number): void {
    const { earliest } = this.sliceOf(arrivedAt);
    const before = earliest.get(metric);
    if (before === undefined || timestamp < before) earliest.set(metric, timestamp);
  }

  /** The earliest timestamp of the metric's samples that arrived at or after `time`; Infinity when none did. */
  earliestSince(metric: string, time: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = this.slices.length - 1; i >= 0 && this.slices[i].from + SLICE_MS > time; i--) {
      earliest = Math.min(earliest, this.slices[i].earliest.get(metric) ?? earliest);
    }
    return earliest;
  }

  private sliceOf(arrivedAt: number): Slice {
    const newest = this.slices.at(-1);
    // A clock that was set back adds to the newest slice rather than making an older one after it.
    if (newest && arrivedAt < newest.from + SLICE_MS) return newest;
    const slice = { from: arrivedAt, earliest: new Map<string, number>() };
    this.slices.push(slice);
    this.forgetBefore(arrivedAt - this.keptMs);
    return slice;
  }

  private forgetBefore(time: number): void {
    while (this.slices.length > 0 && this.slices[0].from + SLICE_MS <= time) {
      this.completeFrom = Math.max(this.completeFrom, this.slices[0].from + SLICE_MS);
      this.slices.shift();
    }
  }
}
