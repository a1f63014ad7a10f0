import type { SampleColumns } from '../../model/samples';
import type { Bus, BusFigures } from './bus';
import type { Follower, Transport } from './transport';

const NO_FIGURES: BusFigures = {
  batchesSent: 0,
  batchesFailed: 0,
  samplesDropped: 0,
  messagesReceived: 0,
  messagesNewer: 0,
  messagesInvalid: 0,
  gaps: 0,
  metricsWatched: 0,
  peers: 0,
};

/** The bus of a single node: a synchronous call to every listener. There is no other node that could be missed. */
export function createMemoryBus(): Bus {
  const listeners = new Set<(samples: SampleColumns) => void>();
  const publish = (samples: SampleColumns) => {
    for (const listener of listeners) listener(samples);
  };
  return {
    samples: {
      publish,
      publishLocally: publish,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    watch(_metric, watcher) {
      watcher.resync();
      return () => {};
    },
    status: {
      kind: 'memory',
      shared: false,
      state: { up: true, reason: null, lagMs: 0 },
      figures: NO_FIGURES,
      onState: () => () => {},
    },
    async close() {
      listeners.clear();
    },
  };
}

/** A network inside the process, for several nodes in one process: what Redis is between processes. */
export class MemoryNetwork {
  private readonly followers = new Map<string, Set<Follower>>();
  private isCut = false;
  private isMute = false;

  /** Nothing arrives any more, and no follower is notified. */
  mute(): void {
    this.isMute = true;
  }

  unmute(): void {
    this.isMute = false;
  }

  /** Nothing arrives any more, and every follower is notified. */
  cut(): void {
    this.isCut = true;
    for (const followers of this.followers.values()) for (const follower of followers) follower.down();
  }

  heal(): void {
    this.isCut = false;
    for (const followers of this.followers.values()) for (const follower of followers) follower.up();
  }

  connect(): Transport {
    const mine = new Set<() => void>();
    return {
      kind: 'memory',
      send: async (messages) => {
        if (this.isCut) throw new Error('the network is cut');
        if (this.isMute) return;
        for (const { channel, text } of messages) {
          for (const follower of this.followers.get(channel) ?? [])
            queueMicrotask(() => follower.message(text));
        }
      },
      follow: (channel, follower) => {
        const followers = this.followers.get(channel) ?? new Set();
        this.followers.set(channel, followers.add(follower));
        // As with a real network, later rather than inside the call.
        if (!this.isCut) queueMicrotask(() => follower.up());
        const unfollow = () => {
          followers.delete(follower);
          mine.delete(unfollow);
        };
        mine.add(unfollow);
        return unfollow;
      },
      async close() {
        for (const unfollow of mine) unfollow();
      },
    };
  }
}
