import type { Redis } from '@upstash/redis';
import { SECOND } from '../../model/time/duration';
import { makeHttpClient } from '../redis/connect';
import { backoffMs } from './backoff';
import { type Follower, PING, type Transport } from './transport';

export interface UpstashOptions {
  url: string;
  token: string;
  /** A channel quiet for this long is sent a ping; quiet for twice as long, its subscription is made anew. */
  quietMs?: number;
}

/**
 * Redis over Upstash's HTTP. Its client's subscriptions end without an event, with the server or after 300 s without
 * a byte, and are not made again (read in its source, measured): so each one is watched here. A quiet channel is sent
 * a ping, which also keeps the connection alive; when a ping does not come back, all channels are subscribed again:
 * they go to one server, and the others would seem connected until their own pings are missing.
 */
export function createUpstashTransport({ url, token, quietMs = 20 * SECOND }: UpstashOptions): Transport {
  const redis = makeHttpClient(url, token);
  const open = new Set<Subscription>();

  return {
    kind: 'upstash',
    async send(messages) {
      const pipeline = redis.pipeline();
      for (const { channel, text } of messages) pipeline.publish(channel, text);
      await pipeline.exec();
    },
    follow(channel, follower) {
      const subscription = new Subscription(redis, channel, follower, quietMs, () => {
        for (const each of open) each.reopen();
      });
      open.add(subscription);
      return () => {
        open.delete(subscription);
        subscription.stop();
      };
    },
    async close() {
      for (const subscription of open) subscription.stop();
    },
  };
}

/** One channel: an HTTP request that never ends, and the timer that watches it. */
class Subscription {
  private current: ReturnType<Redis['subscribe']> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private receivedAt = 0;
  private attempt = 0;
  private isUp = false;
  private stopped = false;

  constructor(
    private readonly redis: Redis,
    private readonly channel: string,
    private readonly follower: Follower,
    private readonly quietMs: number,
    private readonly onLost: () => void,
  ) {
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    void this.current?.unsubscribe();
  }

  private open(): void {
    const current = this.redis.subscribe([this.channel]);
    this.current = current;
    this.receivedAt = performance.now();
    const mine = (listener: () => void) => () => {
      if (this.current === current && !this.stopped) listener();
    };
    current.on(
      'subscribe',
      mine(() => this.opened()),
    );
    current.on(
      'error',
      mine(() => this.reopen()),
    );
    current.on('message', ({ message }: { message: unknown }) => {
      if (this.current !== current || this.stopped) return;
      this.receivedAt = performance.now();
      if (message !== PING) this.follower.message(String(message));
    });
    this.watch();
  }

  private opened(): void {
    this.attempt = 0;
    this.receivedAt = performance.now();
    this.isUp = true;
    this.follower.up();
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const quiet = performance.now() - this.receivedAt;
      if (quiet >= this.quietMs * 2) return this.onLost();
      if (!this.isUp) return this.reopen();
      if (quiet >= this.quietMs) {
        this.redis.publish(this.channel, PING).catch(() => {
          // Its absence on the subscription is what counts.
        });
      }
      this.watch();
    }, this.quietMs / 2);
  }

  /** Makes the subscription anew, a moment later; does nothing when that is about to happen. */
  reopen(): void {
    if (!this.current || this.stopped) return;
    clearTimeout(this.timer);
    void this.current.unsubscribe();
    this.current = undefined;
    if (this.isUp) this.follower.down();
    this.isUp = false;
    this.timer = setTimeout(() => this.open(), backoffMs(this.attempt++));
  }
}
