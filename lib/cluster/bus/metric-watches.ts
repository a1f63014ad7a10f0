import type { Metric } from '../../model/series';
import type { BusState, MetricWatcher } from './bus';
import type { Transport } from './transport';

export interface MetricWatchesOptions {
  transport: Transport;
  channelOf(metric: string): string;
  /** Called with every message on the channel of a watched metric. */
  receive(text: string): void;
  /** Called when nobody watches the metric any more. */
  onUnwatched(metric: string): void;
  /** The state of the bus now. */
  state(): BusState;
}

interface Watch {
  watchers: Set<MetricWatcher>;
  channelUp: boolean;
  /** What the watchers were last notified of. */
  isConnected: boolean;
  unfollow(): void;
}

/** The metrics that somebody on this node watches: each is connected while its channel and the bus are up. */
export class MetricWatches {
  /** Times a message was found missing. */
  gaps = 0;
  private readonly watches = new Map<string, Watch>();

  constructor(private readonly options: MetricWatchesOptions) {}

  get size(): number {
    return this.watches.size;
  }

  get names(): Iterable<string> {
    return this.watches.keys();
  }

  has(metric: string): boolean {
    return this.watches.has(metric);
  }

  /** @returns the off-switch. */
  watch({ name }: Metric, watcher: MetricWatcher): () => void {
    const watch = this.watches.get(name) ?? this.open(name);
    watch.watchers.add(watcher);
    if (watch.isConnected) watcher.resync();
    return () => {
      watch.watchers.delete(watcher);
      if (watch.watchers.size > 0 || this.watches.get(name) !== watch) return;
      this.watches.delete(name);
      watch.unfollow();
      this.options.onUnwatched(name);
    };
  }

  /** Notifies the watchers of this metric that a message is missing. */
  reportGap(metric: string): void {
    this.gaps++;
    const watch = this.watches.get(metric);
    if (watch?.isConnected) for (const watcher of watch.watchers) watcher.resync();
  }

  /** Notifies watchers of what has changed with the state of the bus. */
  update(): void {
    for (const watch of this.watches.values()) this.updateWatch(watch);
  }

  close(): void {
    for (const watch of this.watches.values()) watch.unfollow();
    this.watches.clear();
  }

  private open(metric: string): Watch {
    const { transport, channelOf, receive } = this.options;
    const watch: Watch = { watchers: new Set(), channelUp: false, isConnected: false, unfollow: () => {} };
    this.watches.set(metric, watch);
    watch.unfollow = transport.follow(channelOf(metric), {
      message: receive,
      up: () => {
        watch.channelUp = true;
        if (watch.isConnected) this.reportGap(metric);
        else this.updateWatch(watch);
      },
      down: () => {
        watch.channelUp = false;
        this.updateWatch(watch);
      },
    });
    return watch;
  }

  private updateWatch(watch: Watch): void {
    const { up, reason } = this.options.state();
    const isConnected = watch.channelUp && up;
    if (isConnected === watch.isConnected) return;
    watch.isConnected = isConnected;
    for (const watcher of watch.watchers) {
      if (isConnected) watcher.resync();
      else watcher.disconnected(reason ?? 'redis_unreachable');
    }
  }
}
