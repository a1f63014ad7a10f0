import type { SampleChannel } from '../../cluster/bus/bus';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import type { ArrivalLog } from './arrival-log';
import type { CommitOrder, CommitStamp } from './commit-order';

/** What watches series, and is notified of their committed samples. */
export interface Watcher {
  /** False once it has no readers; it is then not notified any more. */
  readonly isWatched: boolean;
  /** Every sample of this commit has been marked. */
  committed(stamp: CommitStamp): void;
}

/** Where one watcher marks committed samples of the series that it watches. */
export interface SeriesWatch {
  readonly watcher: Watcher;
  /** @param timestamp of the committed sample, epoch ms. */
  mark(series: Series, timestamp: number, stamp: CommitStamp): void;
}

/** Passes every commit, of this node or another, to the watchers of its series. */
export class Changes {
  private readonly watchesOf = new Map<Series, SeriesWatch[]>();
  private watches = 0;
  private readonly unsubscribe: () => void;

  constructor(
    channel: Pick<SampleChannel, 'subscribe'>,
    private readonly order: CommitOrder,
    private readonly arrivals: ArrivalLog,
  ) {
    this.unsubscribe = channel.subscribe((samples) => this.note(samples));
  }

  /** How many watches there are of all series together: each takes some 30 bytes. */
  get size(): number {
    return this.watches;
  }

  watch(series: Series, watch: SeriesWatch): void {
    const watches = this.watchesOf.get(series);
    if (watches) watches.push(watch);
    else this.watchesOf.set(series, [watch]);
    this.watches++;
  }

  unwatch(series: Series, watch: SeriesWatch): void {
    const others = this.watchesOf.get(series)?.filter((other) => other !== watch) ?? [];
    if (others.length > 0) this.watchesOf.set(series, others);
    else this.watchesOf.delete(series);
    this.watches--;
  }

  close(): void {
    this.unsubscribe();
  }

  private note({ series, timestamps }: SampleColumns): void {
    const stamp = this.order.next();
    const marked = new Set<Watcher>();
    for (let i = 0; i < series.length; i++) {
      this.arrivals.note(series[i].metric.name, timestamps[i], stamp.at);
      for (const watch of this.watchesOf.get(series[i]) ?? []) {
        if (!watch.watcher.isWatched) continue;
        watch.mark(series[i], timestamps[i], stamp);
        marked.add(watch.watcher);
      }
    }
    for (const watcher of marked) watcher.committed(stamp);
  }
}
