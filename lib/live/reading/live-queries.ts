import type { SampleChannel } from '../../cluster/bus/bus';
import type { Registry } from '../../memory/catalogue/registry';
import type { Ring } from '../../memory/ring/ring';
import type { RingSync } from '../../memory/ring/ring-sync';
import type { Metric } from '../../model/series';
import type { History } from '../../read/history';
import type { Scheduler } from '../../runtime/work/scheduler';
import type { MatchingWork } from '../../runtime/work/work';
import { Background } from '../background';
import type { Beat } from '../beat';
import { ArrivalLog } from '../changes/arrival-log';
import { Changes } from '../changes/changes';
import { CommitOrder } from '../changes/commit-order';
import type { Clock } from '../clock';
import { type LiveQuestion, readLiveQuestion } from './live-question';
import { type Subscriber, Subscription } from './subscription';
import { WatchedQueries } from './watched-queries';

/** Questions whose answers are kept current, as values, for any kind of subscriber. */
export interface LiveQueries {
  /** Distinct questions that are watched. */
  readonly size: number;
  /**
   * Reads a question's text: the parameters of history, form-encoded.
   * @throws PulseError `bad_parameter`, `too_many_points`.
   */
  read(text: string): LiveQuestion;
  /**
   * Subscribes to the question's changes from now on; `close` of the subscription ends it.
   * @throws PulseError `bad_parameter`, `too_expensive`, `too_busy`, `too_many_streams`.
   */
  subscribe(question: LiveQuestion, subscriber: Subscriber, work: MatchingWork): Promise<Subscription>;
  /** Whether everything that arrived since `cursor`, epoch ms, is still known. */
  reaches(cursor: number): boolean;
  /**
   * This node receives the metric's samples again. It may have missed some, of any age: all points of the metric are
   * read and sent again.
   */
  resync(metric: Metric): void;
}

export interface LiveQueriesParts {
  registry: Pick<Registry, 'metrics' | 'onSeries'>;
  ring: Pick<Ring, 'successorOf'>;
  channel: Pick<SampleChannel, 'subscribe'>;
  history: History;
  /** Where several nodes commit: keeps memory complete for the metrics that are watched. */
  ringSync?: Pick<RingSync, 'watch'>;
  clock: Clock;
  beat: Beat;
  scheduler: Scheduler;
  /** How long a reader may be away and still get what it missed, ms. */
  replayMs: number;
  /** How far a cursor may be off, ms: another node may have made it, by its own clock. */
  cursorSlackMs: number;
}

/**
 * A tenth of the time the store is read for live queries, more only where one read takes over a second; a quarter of
 * the time memory for very large ones.
 */
const STORE_REST_FACTOR = 9;
const MEMORY_REST_FACTOR = 3;

export function createLiveQueries(parts: LiveQueriesParts): LiveQueries & { close(): void } {
  const { registry, ring, channel, history, ringSync, clock, beat, scheduler, cursorSlackMs } = parts;
  const order = new CommitOrder(clock.now);
  const arrivals = new ArrivalLog(parts.replayMs, clock.now());
  const changes = new Changes(channel, order, arrivals);
  const background = {
    store: new Background(clock, STORE_REST_FACTOR),
    memory: new Background(clock, MEMORY_REST_FACTOR),
  };
  const query = { history, memory: { registry, ring }, order, now: clock.now, background, scheduler };
  const watched = new WatchedQueries({ query, changes, arrivals, ringSync });
  const unlisten = registry.onSeries((series) => watched.take(series));
  let stopBeat: (() => void) | null = null;

  /** Beats while anything is watched. */
  function followSize(): void {
    if (watched.size > 0) {
      stopBeat ??= beat.listen((now) => {
        for (const each of watched.all()) each.beat(now);
      });
    } else {
      stopBeat?.();
      stopBeat = null;
    }
  }

  return {
    get size() {
      return watched.size;
    },
    read: (text) => readLiveQuestion(text, clock.now(), history),
    async subscribe(question, subscriber, work) {
      const subscription = new Subscription(subscriber, {
        arrivals,
        cursorSlackMs,
        leave(reader) {
          watched.unwatch(subscription.query, reader);
          followSize();
        },
      });
      const opening = watched.watch(question, subscription, work);
      followSize();
      try {
        subscription.query = await opening;
        return subscription;
      } finally {
        followSize();
      }
    },
    reaches: (cursor) => arrivals.reaches(cursor),
    resync({ name }) {
      const now = clock.now();
      // Of any age: a reader that returns with a cursor from before gets its whole range.
      arrivals.note(name, 0, now);
      for (const each of watched.of(name))
        if (!each.marks.requestAll(now)) each.readers.reset('too_much_missed');
    },
    close() {
      unlisten();
      changes.close();
      stopBeat?.();
      background.store.close();
      background.memory.close();
    },
  };
}
