import type { SampleChannel } from '../../cluster/bus/bus';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import type { ArrivalLog } from './arrival-log';
import type { CommitOrder, CommitStamp } from './commit-order';

/** What watches series, and is told which of their samples were committed. */
export interface Watcher {
  /** False once nobody reads it any more; it is then told nothing. */
  readonly isWatched: boolean;
  /** Every sample of this commit has been marked. */
  committed(stamp: CommitStamp): void;
}

/** A series as one watcher sees it: where its samples are marked. */
export interface WatchedPlace {
  readonly watcher: Watcher;
  /** @param timestamp of the committed sample, epoch ms. */
  mark(series: Series, timestamp: number, stamp: CommitStamp): void;
}

/** What changed: every commit, of this node or another, is marked with whoever watches the series in it. */
export class Changes {
  private readonly placesOf = new Map<Series, WatchedPlace[]>();
  private places = 0;
  private readonly unsubscribe: () => void;

  constructor(
    channel: Pick<SampleChannel, 'subscribe'>,
    readonly order: CommitOrder,
    readonly arrivals: ArrivalLog,
  ) {
    this.unsubscribe = channel.subscribe((samples) => this.note(samples));
  }

  /** Places of series with watchers, all together: each takes some 30 bytes. */
  get size(): number {
    return this.places;
  }

  watch(series: Series, place: WatchedPlace): void {
    const places = this.placesOf.get(series);
    if (places) places.push(place);
    else this.placesOf.set(series, [place]);
    this.places++;
  }

  unwatch(series: Series, place: WatchedPlace): void {
    const others = this.placesOf.get(series)?.filter((other) => other !== place) ?? [];
    if (others.length > 0) this.placesOf.set(series, others);
    else this.placesOf.delete(series);
    this.places--;
  }

  close(): void {
    this.unsubscribe();
  }

  private note({ series, timestamps }: SampleColumns): void {
    const stamp = this.order.next();
    const marked = new Set<Watcher>();
    for (let i = 0; i < series.length; i++) {
      this.arrivals.note(series[i].metric.name, timestamps[i], stamp.at);
      for (const place of this.placesOf.get(series[i]) ?? []) {
        if (!place.watcher.isWatched) continue;
        place.mark(series[i], timestamps[i], stamp);
        marked.add(place.watcher);
      }
    }
    for (const watcher of marked) watcher.committed(stamp);
  }
}
