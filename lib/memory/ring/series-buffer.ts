import { COUNTER_GAP_MS } from '../../model/samples';
import type { Series } from '../../model/series';
import { SampleBuffer } from './sample-buffer';

/** What comes after a sample, epoch ms; Infinity: nothing. */
export interface Successor {
  timestamp: number;
  /** Whether there is none before it that is not here. */
  isCertain: boolean;
}

/** The samples of one series, and from where on they are all there are. */
export class SeriesBuffer extends SampleBuffer {
  /** Every committed sample at or after this, epoch ms, is or was here. */
  knownFrom = Number.POSITIVE_INFINITY;

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
      isCertain: timestamp >= Math.max(this.knownFrom, this.timestampAt(this.start)),
    };
  }

  /** Of samples after this, epoch ms, it is known what came before them. */
  get knowsAfter(): number {
    const first = this.lowerBound(this.knownFrom);
    if (first === this.end) return Number.NEGATIVE_INFINITY;
    const firstAt = this.timestampAt(first);
    return firstAt - COUNTER_GAP_MS >= this.knownFrom ? Number.NEGATIVE_INFINITY : firstAt;
  }
}
