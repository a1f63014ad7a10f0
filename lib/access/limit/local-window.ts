/**
 * A sliding window of this process: the last whole window counts in proportion to how much of it still lies within
 * the window that ends now (docs/rate-limits.md). Two numbers per sender, whatever it sends.
 */
export interface WindowState {
  allowed: boolean;
  limit: number;
  /** Requests that may still be made now. */
  remaining: number;
  /** Until one more may be made, or when some are left until all may be, ms. */
  resetMs: number;
}

export interface WindowCounts {
  /** Requests in the fixed window before the current one, and in the current one. */
  previous: number;
  current: number;
}

/** How many requests count at `now`, and what that means. Pure. */
export function checkWindow(
  { previous, current }: WindowCounts,
  { limit, windowMs, now, cost = 1 }: { limit: number; windowMs: number; now: number; cost?: number },
): WindowState {
  const into = now % windowMs;
  const weighted = previous * ((windowMs - into) / windowMs) + current;
  const allowed = weighted + cost <= limit;
  const used = weighted + (allowed ? cost : 0);
  return {
    allowed,
    limit,
    remaining: Math.max(0, Math.floor(limit - used)),
    resetMs: allowed ? windowMs - into : waitMs({ previous, current }, limit - cost, windowMs, into),
  };
}

/** Until the weighted count has fallen to `target`: within this window as the previous one fades, else in the next. */
function waitMs({ previous, current }: WindowCounts, target: number, windowMs: number, into: number): number {
  if (current <= target && previous > 0) {
    const fadedAt = windowMs * (1 - (target - current) / previous);
    return Math.max(1, Math.ceil(fadedAt - into));
  }
  const fadesIn = current > 0 ? windowMs * (1 - Math.max(0, target) / current) : 0;
  return Math.ceil(windowMs - into + Math.max(0, fadesIn));
}

/**
 * Counts per sender, in memory. Senders without a request for two windows are forgotten, and beyond `maxSenders` in a
 * window the oldest one.
 */
export class LocalWindow {
  private window = 0;
  private current = new Map<string, number>();
  private previous = new Map<string, number>();

  constructor(
    private readonly windowMs: number,
    private readonly maxSenders = Number.POSITIVE_INFINITY,
  ) {}

  get senders(): number {
    return this.current.size + this.previous.size;
  }

  counts(sender: string, now: number): WindowCounts {
    this.turn(now);
    return { previous: this.previous.get(sender) ?? 0, current: this.current.get(sender) ?? 0 };
  }

  /** Whether a request is allowed, without counting it. */
  check(sender: string, limit: number, now: number, cost = 1): WindowState {
    return checkWindow(this.counts(sender, now), { limit, windowMs: this.windowMs, now, cost });
  }

  /** Whether a request is allowed; counts it if it is. */
  take(sender: string, limit: number, now: number, cost = 1): WindowState {
    const state = this.check(sender, limit, now, cost);
    if (state.allowed) this.add(sender, cost, now);
    return state;
  }

  add(sender: string, cost: number, now: number): void {
    this.turn(now);
    this.current.set(sender, (this.current.get(sender) ?? 0) + cost);
    if (this.current.size > this.maxSenders) this.current.delete(this.current.keys().next().value ?? '');
  }

  private turn(now: number): void {
    const window = Math.floor(now / this.windowMs);
    if (window === this.window) return;
    this.previous = window === this.window + 1 ? this.current : new Map();
    this.current = new Map();
    this.window = window;
  }
}
