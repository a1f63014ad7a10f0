import { SECOND } from '@/lib/model/time/duration';

/** Below this the two clocks are taken to agree; network delay alone looks like as much. */
const SKEW_WORTH_CORRECTING_MS = 2 * SECOND;
const CLOCK_SAMPLES = 32;

/**
 * The server's clock seen through event ids, which are its wall-clock at sending. The fastest delivery among the
 * recent ones comes closest to the true difference.
 */
export class ServerClock {
  /** Server time minus local time, ms. */
  offset = 0;
  private readonly differences: number[] = [];

  constructor(private readonly localNow: () => number) {}

  now(): number {
    return this.localNow() + this.offset;
  }

  note(serverMs: number): void {
    this.differences.push(serverMs - this.localNow());
    if (this.differences.length > CLOCK_SAMPLES) this.differences.shift();
    const best = Math.max(...this.differences);
    this.offset = Math.abs(best) < SKEW_WORTH_CORRECTING_MS ? 0 : best;
  }

  /**
   * A first guess from a history answer's cursor: only a server clearly ahead can be distinguished from a slow page.
   */
  hint(serverMs: number): void {
    const difference = serverMs - this.localNow();
    if (this.differences.length === 0 && difference > SKEW_WORTH_CORRECTING_MS) this.offset = difference;
  }
}
