import type { RedisAddress } from '../../env/redis-address';
import { connectPatiently, makeRedisClient, withinTime } from '../redis/connect';
import { backoffMs } from './backoff';
import type { Follower, Transport } from './transport';

/**
 * Redis over TCP, for one server, Sentinel or a cluster: one connection for commands, one for subscriptions, as the
 * protocol requires. The client reconnects and subscribes again by itself, and then emits `ready`.
 */
export function createRedisTransport(address: RedisAddress): Transport {
  const commands = makeRedisClient(address);
  const subscriber = makeRedisClient(address);
  const followed = new Map<string, Channel>();
  let closed = false;

  for (const client of [commands, subscriber]) void connectPatiently(client, () => closed);
  subscriber.on('ready', () => {
    for (const channel of followed.values()) channel.reconnected();
  });
  // Emitted for a lost connection. Sentinel and cluster clients emit it for any of theirs and have no event for being
  // back: there an interruption is detected by heartbeats that do not return, and a loss by the numbers of messages.
  if (address.kind === 'single') {
    subscriber.on('error', () => {
      for (const channel of followed.values()) channel.lost();
    });
  }

  return {
    kind: 'redis',
    async send(messages) {
      await withinTime(Promise.all(messages.map(({ channel, text }) => commands.publish(channel, text))));
    },
    // A cluster's node knows of its own subscribers only, so there everything is sent.
    followed:
      address.kind === 'cluster'
        ? undefined
        : async (channels) => {
            const counts = await withinTime(countFollowers([...channels]));
            return new Set(channels.filter((channel) => counts[channel] > 0));
          },
    follow(name, follower) {
      const channel = new Channel(name, follower, subscriber as Subscriber);
      followed.set(name, channel);
      void channel.start();
      return () => {
        followed.delete(name);
        channel.stop();
      };
    },
    async close() {
      closed = true;
      for (const channel of followed.values()) channel.stop();
      for (const client of [commands, subscriber]) if (client.isOpen) client.destroy();
    },
  };

  function countFollowers(channels: string[]): Promise<Record<string, number>> {
    if (!('pubSubNumSub' in commands)) throw new Error('this client cannot count subscribers');
    return (commands.pubSubNumSub as (names: string[]) => Promise<Record<string, number>>)(channels);
  }
}

/** What the three kinds of client have in common here; their own signatures differ in what else they may return. */
interface Subscriber {
  readonly isOpen: boolean;
  subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
}

/** One followed channel. */
class Channel {
  private stopped = false;
  private subscribed = false;

  constructor(
    private readonly name: string,
    private readonly follower: Follower,
    private readonly subscriber: Subscriber,
  ) {}

  /** Subscribes, trying again until it works: before the first connection, or while there is none, it cannot. */
  async start(): Promise<void> {
    for (let attempt = 0; !this.stopped && !this.subscribed; attempt++) {
      try {
        await withinTime(this.subscriber.subscribe(this.name, this.receive));
        this.subscribed = true;
        if (this.stopped) await this.leave();
        else this.follower.up();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, 50, 1_000)));
      }
    }
  }

  reconnected(): void {
    if (this.subscribed) this.follower.up();
  }

  lost(): void {
    this.follower.down();
  }

  stop(): void {
    this.stopped = true;
    if (this.subscribed) void this.leave();
  }

  private readonly receive = (text: string) => {
    if (!this.stopped) this.follower.message(text);
  };

  private async leave(): Promise<void> {
    if (!this.subscriber.isOpen) return;
    await withinTime(this.subscriber.unsubscribe(this.name, this.receive)).catch(() => {
      // Without a connection there is no subscription left either.
    });
  }
}
