/** How long the event loop may be held in one go, ms; what else waits for it waits no longer than about this. */
export const SLICE_MS = 10;

interface TurnsOptions {
  /** A clock in ms. */
  clock?: () => number;
  /** Time of the processor that this process has had, ms. */
  cpu?: () => number;
  /** Calls `run` when the event loop has looked at everything else. */
  defer?: (run: () => void) => void;
}

/** Work that gets slices of time. */
export interface Taker {
  readonly isHeavy: boolean;
  /** Lower for earlier work. */
  readonly number: number;
}

interface Waiting {
  number: number;
  resume(): void;
}

/**
 * Schedules work on the event loop: each of its turns has one slice of time for work that can be paused, so that
 * requests are read, commits acknowledged and streams written in between, whatever the load. Light work and heavy work
 * alternate, so that the light does not wait for the heavy. Light work is done one after the other, in the order of
 * arrival, so that little of it is in memory; heavy work takes turns.
 */
export class Turns {
  /** Increases with every turn: the time between two readings of the clock belongs to one work only within a turn. */
  number = 0;
  readonly now: () => number;
  readonly cpu: () => number;
  private readonly defer: (run: () => void) => void;
  private readonly light: Waiting[] = [];
  private readonly heavy: Waiting[] = [];
  private isHeavysTurn = false;
  private isOpen = false;
  private beganAt = 0;

  constructor({
    clock = () => performance.now(),
    cpu = processorMs,
    defer = setImmediate,
  }: TurnsOptions = {}) {
    this.now = clock;
    this.cpu = cpu;
    this.defer = defer;
  }

  /** Whether this turn's slice is used up; the first to ask in a turn begins one. */
  isOver(now: number): boolean {
    if (!this.isOpen) this.begin(now);
    return now - this.beganAt >= SLICE_MS;
  }

  /** Resolves in a turn with a slice of its own. */
  next({ isHeavy, number }: Taker): Promise<void> {
    if (!this.isOpen) this.begin(this.now());
    return new Promise((resume) => {
      if (isHeavy) this.heavy.push({ number, resume });
      else this.light.splice(placeOf(number, this.light), 0, { number, resume });
    });
  }

  private begin(now: number): void {
    this.isOpen = true;
    this.number++;
    this.beganAt = now;
    this.defer(() => {
      this.isOpen = false;
      const next = this.dequeue();
      if (!next) return;
      this.begin(this.now());
      next.resume();
    });
  }

  private dequeue(): Waiting | undefined {
    this.isHeavysTurn = !this.isHeavysTurn;
    const [first, second] = this.isHeavysTurn ? [this.heavy, this.light] : [this.light, this.heavy];
    return first.shift() ?? second.shift();
  }
}

/** The position in the queue of those that wait: nearly always last or first. */
function placeOf(number: number, waiting: readonly Waiting[]): number {
  let place = waiting.length;
  while (place > 0 && waiting[place - 1].number > number) place--;
  return place;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
