import { SECOND } from '../../model/time/duration';

/** How much heavy work is done at a time, and how many points it may have in all: a point takes some 100 bytes. */
const MOST_AT_A_TIME = 8;
const MOST_POINTS = 6_000_000;
/** What may wait for its turn, and for how long. */
const MOST_WAITING = 100;
const LONGEST_WAIT_MS = 5 * SECOND;

/** Work that takes much time, or much memory. */
export interface HeavyWork {
  /** Points that its answers may have. */
  readonly expectedPoints: number;
}

interface Waiting {
  work: HeavyWork;
  /** Called with whether it may begin. */
  resolve(mayBegin: boolean): void;
  timer: NodeJS.Timeout;
}

/** Limits how much heavy work is done at a time; the rest waits, in the order of arrival, for a limited time. */
export class HeavyLine {
  private readonly working = new Set<HeavyWork>();
  private readonly waiting: Waiting[] = [];

  /** @returns whether it may begin; it must `leave` then. */
  enter(work: HeavyWork): Promise<boolean> {
    if (this.waiting.length === 0 && this.hasRoomFor(work)) {
      this.working.add(work);
      return Promise.resolve(true);
    }
    if (this.waiting.length >= MOST_WAITING) return Promise.resolve(false);
    return new Promise((resolve) => {
      const entry: Waiting = { work, resolve, timer: setTimeout(() => this.giveUp(entry), LONGEST_WAIT_MS) };
      entry.timer.unref();
      this.waiting.push(entry);
    });
  }

  leave(work: HeavyWork): void {
    if (!this.working.delete(work)) return;
    while (this.waiting.length > 0 && this.hasRoomFor(this.waiting[0].work)) {
      const { work: next, resolve, timer } = this.waiting.shift()!;
      clearTimeout(timer);
      this.working.add(next);
      resolve(true);
    }
  }

  /** Nothing that waits may begin any more. */
  close(): void {
    for (const { resolve, timer } of this.waiting.splice(0)) {
      clearTimeout(timer);
      resolve(false);
    }
  }

  private hasRoomFor({ expectedPoints }: HeavyWork): boolean {
    if (this.working.size === 0) return true;
    let points = expectedPoints;
    for (const other of this.working) points += other.expectedPoints;
    return this.working.size < MOST_AT_A_TIME && points <= MOST_POINTS;
  }

  private giveUp(entry: Waiting): void {
    this.waiting.splice(this.waiting.indexOf(entry), 1);
    entry.resolve(false);
  }
}
