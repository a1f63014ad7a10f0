import { alignDown, type WholePoint } from '../../model/points';
import { MINUTE, SECOND } from '../../model/time/duration';

const KEPT_SECONDS = 910;
/** Width of a chart's point: as fine as the panels beside it over a quarter of an hour. */
export const ARRIVALS_STEP_MS = 5 * SECOND;
const CHART_MS = 15 * MINUTE;

/** How many samples were committed in each of the last seconds, by this server's clock. */
export class Arrivals {
  private readonly counts = new Float64Array(KEPT_SECONDS);
  private newest: number;
  private readonly first: number;

  constructor(now: number) {
    this.newest = Math.floor(now / SECOND);
    // The first second was counted only in part.
    this.first = this.newest + 1;
  }

  add(samples: number, now: number): void {
    this.advance(now);
    this.counts[this.newest % KEPT_SECONDS] += samples;
  }

  /** Samples per second over the last complete `seconds`; null before the first complete second. */
  perSecond(now: number, seconds: number): number | null {
    this.advance(now);
    return this.mean(this.newest - seconds, this.newest);
  }

  /**
   * The last quarter of an hour as a chart's points: the mean per second in `[t, t + step)`, the last one still open.
   * Seconds without samples are 0; points that end before `since` are left out.
   */
  points(now: number, since = 0): WholePoint[] {
    this.advance(now);
    const points: WholePoint[] = [];
    const from = alignDown(Math.max(now - CHART_MS, since), ARRIVALS_STEP_MS);
    for (let t = from; t < now; t += ARRIVALS_STEP_MS) {
      const mean = this.mean(t / SECOND, (t + ARRIVALS_STEP_MS) / SECOND);
      if (mean !== null) points.push([t, mean]);
    }
    return points;
  }

  /** Over the complete seconds of `[from, to)` that were seen. */
  private mean(from: number, to: number): number | null {
    const first = Math.max(from, this.first, this.newest - KEPT_SECONDS + 1);
    const end = Math.min(to, this.newest);
    let sum = 0;
    for (let second = first; second < end; second++) sum += this.counts[second % KEPT_SECONDS];
    return end > first ? sum / (end - first) : null;
  }

  private advance(now: number): void {
    const second = Math.floor(now / SECOND);
    if (second - this.newest >= KEPT_SECONDS) {
      this.counts.fill(0);
      this.newest = second;
    }
    // After a clock is set back, samples count into the newest second.
    while (this.newest < second) this.counts[++this.newest % KEPT_SECONDS] = 0;
  }
}
