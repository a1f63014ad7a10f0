import { type Point, SECOND } from '../model';

const KEPT_SECONDS = 900;

/** How many samples were committed in each of the last seconds, by this server's clock. */
export class Arrivals {
  private readonly counts = new Float64Array(KEPT_SECONDS);
  private newest: number;
  private readonly first: number;

  constructor(now: number) {
    this.newest = Math.floor(now / SECOND);
    // The second we were born in was seen in part only.
    this.first = this.newest + 1;
  }

  add(samples: number, now: number): void {
    this.advance(now);
    this.counts[this.newest % KEPT_SECONDS] += samples;
  }

  /** Samples per second over the last complete `seconds`; null while not a single second has been seen whole. */
  perSecond(now: number, seconds: number): number | null {
    const points = this.points(now, seconds);
    if (points.length === 0) return null;
    return points.reduce((sum, [, count]) => sum + count, 0) / points.length;
  }

  /** One point per complete second, ascending: `[epoch ms, samples]`. Seconds without samples are 0, they were seen. */
  points(now: number, seconds: number): Point[] {
    this.advance(now);
    const from = Math.max(this.first, this.newest - Math.min(seconds, KEPT_SECONDS - 1));
    const points: Point[] = [];
    for (let second = from; second < this.newest; second++) {
      points.push([second * SECOND, this.counts[second % KEPT_SECONDS]]);
    }
    return points;
  }

  private advance(now: number): void {
    const second = Math.floor(now / SECOND);
    if (second - this.newest >= KEPT_SECONDS) {
      this.counts.fill(0);
      this.newest = second;
    }
    // A clock set back counts into the newest second rather than into one that is closed.
    while (this.newest < second) this.counts[++this.newest % KEPT_SECONDS] = 0;
  }
}
