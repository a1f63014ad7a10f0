import { COUNTER_GAP_MS } from '../../model/samples';
import type { Series } from '../../model/series';
import { SampleBuffer } from './sample-buffer';

/** The sample after another one. */
export interface Successor {
  /** Epoch ms; Infinity: there is none. */
  timestamp: number;
  /** Whether it is certain that no sample lies between the two. */
  isCertain: boolean;
}

/** The samples of one series, and since when they are complete. */
export class SeriesBuffer extends SampleBuffer {
  /** Every committed sample at or after this, epoch ms, is here, or was evicted. */
  completeFrom = Number.POSITIVE_INFINITY;

  constructor(readonly series: Series) {
    super();
  }

  /** Whether any sample here is at `timestamp` or after it. */
  hasSince(timestamp: number): boolean {
    return this.length > 0 && this.timestampAt(this.end - 1) >= timestamp;
  }

  successorOf(timestamp: number): Successor {
    const at = this.lowerBound(timestamp + 1);
    return {
      timestamp: at < this.end ? this.timestampAt(at) : Number.POSITIVE_INFINITY,
      isCertain: timestamp >= Math.max(this.completeFrom, this.timestampAt(this.start)),
    };
  }

  /** The predecessor of every sample after this, epoch ms, is known. */
  get predecessorsKnownAfter(): number {
    const first = this.lowerBound(this.completeFrom);
    if (first === this.end) return Number.NEGATIVE_INFINITY;
    const firstAt = this.timestampAt(first);
    return firstAt - COUNTER_GAP_MS >= this.completeFrom ? Number.NEGATIVE_INFINITY : firstAt;
  }
}
