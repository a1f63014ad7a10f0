import type { Bus } from '../cluster/bus/bus';
import type { Topics } from '../cluster/topics/topics';
import type { Registry } from '../memory/catalogue/registry';
import type { Ring } from '../memory/ring/ring';
import type { RingSync } from '../memory/ring/ring-sync';
import type { History } from '../read/history';
import type { Scheduler } from '../runtime/work/scheduler';
import type { Database } from '../store/store';
import { Beat } from './beat';
import { type Clock, systemClock } from './clock';
import { Pacer } from './pacer';
import { createLiveQueries, type LiveQueries } from './reading/live-queries';
import { STREAM_TOPICS } from './stream-topics';
import type { StreamFigures } from './streams/stream-load';
import type { StreamTopic } from './streams/stream-params';
import { createStreams, type Streams } from './streams/streams';

/** For the server's own metrics. */
export interface LiveFigures extends StreamFigures {
  streams: number;
  /** Distinct questions that are watched. */
  queries: number;
}

/**
 * What is live on this node, in three pieces: commits mark what they change in the questions that are watched
 * (`changes`), marks are read into values (`reading`), and streams send them (`streams`).
 */
export interface Live {
  readonly queries: LiveQueries;
  readonly streams: Streams;
  /** Gives streams and followers their turns. */
  readonly pacer: Pacer;
  readonly figures: LiveFigures;
  /** Ends all streams and stops everything that was started. */
  close(): void;
}

export interface LiveParts {
  registry: Pick<Registry, 'metrics' | 'onSeries'>;
  ring: Pick<Ring, 'successorOf'>;
  bus: Pick<Bus, 'samples' | 'status'>;
  topics: Topics;
  /** The topics that a stream may subscribe to. */
  streamTopics?: readonly StreamTopic[];
  history: History;
  database: Pick<Database, 'ping'>;
  /** Where several nodes commit: keeps memory complete for the metrics that are watched. */
  ringSync?: Pick<RingSync, 'watch'>;
  /** How far a cursor may be off, ms: another node may have made it, by its own clock. */
  cursorSlackMs?: number;
  maxStreams: number;
  /** How long a reader may be away and still get what it missed, ms. */
  replayMs: number;
  clock?: Clock;
  scheduler: Scheduler;
  /** Aborted when the process is to end. */
  signal: AbortSignal;
}

export function createLive({
  streamTopics = STREAM_TOPICS,
  cursorSlackMs = 0,
  maxStreams,
  replayMs,
  clock = systemClock,
  scheduler,
  signal,
  bus,
  ...parts
}: LiveParts): Live {
  const beat = new Beat(clock);
  const pacer = new Pacer(clock, scheduler);
  const queries = createLiveQueries({
    ...parts,
    scheduler,
    channel: bus.samples,
    clock,
    beat,
    replayMs,
    cursorSlackMs,
  });
  const streams = createStreams({
    ...parts,
    bus: bus.status,
    streamTopics,
    queries,
    clock,
    beat,
    pacer,
    scheduler,
    maxStreams,
    signal,
  });

  function close(): void {
    signal.removeEventListener('abort', close);
    streams.close();
    queries.close();
    beat.close();
    pacer.close();
  }
  signal.addEventListener('abort', close);

  return {
    queries,
    streams,
    pacer,
    get figures() {
      return { ...streams.figures, streams: streams.size, queries: queries.size };
    },
    close,
  };
}
