import type { RedisCommands } from '../../cluster/redis/commands';
import { log } from '../../observe/log';
import { checkWindow, LocalWindow, type WindowState } from './local-window';

/** How often nodes publish what they have let in, ms. */
const SYNC_MS = 250;

export interface SharedWindowOptions {
  windowMs: number;
  redis: Pick<RedisCommands, 'count' | 'get'>;
  syncMs?: number;
  now?: () => number;
}

interface Shared {
  /** Requests of other nodes, as last known. */
  previous: number;
  current: number;
  /** How much of this node's count of the current window Redis has. */
  published: number;
  /** Whether the previous window's total has been asked for. */
  knowsPrevious: boolean;
}

/**
 * The same sliding window over all nodes. A request is checked at once, by this node's own count and what the others
 * had let in a moment ago; the counts meet in Redis a few times a second, for all senders in one round trip. So a
 * hot sender costs no waiting, and what nodes may let in beyond the limit is what comes within one such moment.
 * While Redis is away every node keeps the limit by itself.
 */
export class SharedWindow {
  private readonly local: LocalWindow;
  private readonly senders = new Map<string, Shared>();
  private window = 0;
  private timer: NodeJS.Timeout;
  private syncing = false;
  private isAway = false;
  private readonly now: () => number;

  constructor(private readonly options: SharedWindowOptions) {
    this.local = new LocalWindow(options.windowMs);
    this.now = options.now ?? Date.now;
    this.timer = setInterval(() => void this.sync(), options.syncMs ?? SYNC_MS);
    this.timer.unref();
  }

  take(sender: string, limit: number, now = this.now(), cost = 1): WindowState {
    this.turn(now);
    const shared = this.sharedOf(sender);
    const own = this.local.counts(sender, now);
    const counts = { previous: own.previous + shared.previous, current: own.current + shared.current };
    const state = checkWindow(counts, { limit, windowMs: this.options.windowMs, now, cost });
    if (state.allowed) this.local.add(sender, cost, now);
    return state;
  }

  /** Publishes to Redis what was let in since, and reads what others have let in. */
  async sync(): Promise<void> {
    if (this.syncing) return;
    this.syncing = true;
    try {
      await this.exchange(this.now());
      if (this.isAway) log().info('rate limits are shared again');
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) log().warn({ reason: (error as Error).message }, 'rate limits hold per node for now');
      this.isAway = true;
    } finally {
      this.syncing = false;
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async exchange(now: number): Promise<void> {
    this.turn(now);
    const { redis, windowMs } = this.options;
    const { window } = this;
    const asked = [...this.senders];
    if (asked.length === 0) return;
    const own = asked.map(([sender]) => this.local.counts(sender, now).current);
    const totals = await redis.count(
      asked.map(([sender, { published }], i) => ({
        key: keyOf(sender, window),
        by: own[i] - published,
        ttlMs: windowMs * 2,
      })),
    );
    const unknown = asked.filter(([, { knowsPrevious }]) => !knowsPrevious);
    const before = await redis.get(unknown.map(([sender]) => keyOf(sender, window - 1)));
    // The window may have turned while Redis answered: then these are the numbers of the previous one.
    if (this.window !== window) return;
    asked.forEach(([, shared], i) => {
      shared.current = Math.max(0, totals[i] - own[i]);
      shared.published = own[i];
    });
    unknown.forEach(([sender, shared], i) => {
      shared.previous = Math.max(0, Number(before[i] ?? 0) - this.local.counts(sender, now).previous);
      shared.knowsPrevious = true;
    });
  }

  private sharedOf(sender: string): Shared {
    let shared = this.senders.get(sender);
    if (!shared) {
      shared = { previous: 0, current: 0, published: 0, knowsPrevious: false };
      this.senders.set(sender, shared);
    }
    return shared;
  }

  private turn(now: number): void {
    const window = Math.floor(now / this.options.windowMs);
    if (window === this.window) return;
    const isNext = window === this.window + 1;
    this.window = window;
    for (const [sender, shared] of this.senders) {
      const isIdle = this.local.counts(sender, now).previous === 0;
      if (isIdle || !isNext) this.senders.delete(sender);
      else
        this.senders.set(sender, {
          previous: shared.current,
          current: 0,
          published: 0,
          knowsPrevious: false,
        });
    }
  }
}

function keyOf(sender: string, window: number): string {
  return `pulseboard:limit:${sender}:${window}`;
}
