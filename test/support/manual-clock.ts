import type { Clock } from '@/lib/live/clock';

/** A clock that stands until it is moved. Timers run in the order of their times, each at its own. */
export class ManualClock implements Clock {
  private timers: Array<{ at: number; run: () => void }> = [];

  constructor(private time: number) {}

  now = (): number => this.time;

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(0, Math.ceil(ms)), run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Time that passes while something runs. */
  skip(ms: number): void {
    this.time += ms;
  }

  /** Moves on, running what comes due, and lets what was started asynchronously go on in between. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (let next = this.nextUntil(until); next; next = this.nextUntil(until)) {
      this.time = Math.max(this.time, next.at);
      this.timers = this.timers.filter((other) => other !== next);
      next.run();
      await settle();
    }
    this.time = until;
  }

  private nextUntil(until: number) {
    return this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets promises that need no I/O settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
