import type { BusStatus } from '../../cluster/bus/bus';
import type { Topics } from '../../cluster/topics/topics';
import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Scheduler } from '../../runtime/work/scheduler';
import { work } from '../../runtime/work/work';
import type { Database } from '../../store/store';
import type { Beat } from '../beat';
import type { Clock } from '../clock';
import type { Pacer } from '../pacer';
import type { LiveQueries } from '../reading/live-queries';
import { HealthWatch } from './health';
import { LiveStream, type StreamHost, type StreamSink } from './stream';
import { type StreamFigures, StreamLoad } from './stream-load';
import { readStreamParams, type StreamTopic } from './stream-params';

export interface StreamRequest {
  /** The URL's parameters. */
  search: URLSearchParams;
  /** The header `Last-Event-ID`. */
  lastEventId: string | null;
  sink: StreamSink;
}

/** The open streams of a node. */
export interface Streams {
  readonly size: number;
  readonly figures: Readonly<StreamFigures>;
  /**
   * Opens a live stream. Call `close` when its reader has left.
   *
   * @param signal aborted when its reader has left before it is open.
   * @throws PulseError before anything is written: `bad_parameter`, `too_many_points`, `too_expensive`, `too_busy`,
   *   `too_many_streams`, `shutting_down`.
   */
  open(request: StreamRequest, signal?: AbortSignal): Promise<{ close(): void }>;
  /** Ends all streams; new ones are refused. */
  close(): void;
}

export interface StreamsParts {
  queries: LiveQueries;
  topics: Pick<Topics, 'subscribe'>;
  /** The topics that a stream may subscribe to. */
  streamTopics: readonly StreamTopic[];
  database: Pick<Database, 'ping'>;
  bus: Pick<BusStatus, 'state' | 'onState'>;
  clock: Clock;
  beat: Beat;
  pacer: Pacer;
  scheduler: Scheduler;
  maxStreams: number;
  /** Aborted when the process is to end. */
  signal: AbortSignal;
}

const RETRY_AFTER_MS = 5 * SECOND;

export function createStreams(parts: StreamsParts): Streams {
  const { queries, topics, database, bus, clock, beat, pacer, scheduler, maxStreams, signal } = parts;
  const offer = { readQuestion: queries.read, topics: parts.streamTopics };
  /** And since when, epoch ms. */
  const streams = new Map<LiveStream, number>();
  const load = new StreamLoad();
  let isClosed = false;
  let stopBeat = () => {};

  const health = new HealthWatch(database, bus, clock.now, {
    changed() {
      for (const stream of streams.keys()) stream.sendStatus();
    },
    databaseRecovered(time) {
      for (const [stream, since] of streams) if (since >= time) stream.reset('database_back');
    },
  });

  const host: StreamHost = {
    timing: { clock, pacer, scheduler },
    load,
    get health() {
      return health.current;
    },
    admit(stream) {
      if (isClosed || signal.aborted)
        throw new PulseError('shutting_down', 'The server is shutting down; connect again.', {
          retryAfterMs: SECOND,
        });
      if (streams.size >= maxStreams)
        throw new PulseError(
          'too_many_streams',
          `This server has ${maxStreams} streams, as many as it may.`,
          { retryAfterMs: RETRY_AFTER_MS },
        );
      streams.set(stream, clock.now());
      if (streams.size === 1) stopBeat = beat.listen(beatAll);
      return () => {
        streams.delete(stream);
        if (streams.size === 0) stopBeat();
      };
    },
  };

  function beatAll(now: number): void {
    for (const stream of streams.keys()) stream.beat(now);
    health.beat(now);
  }

  return {
    get size() {
      return streams.size;
    },
    figures: load.figures,
    async open({ search, lastEventId, sink }, left) {
      const params = readStreamParams(search, lastEventId, offer);
      const stream = new LiveStream(host, sink, params.tickMs);
      await work(scheduler, (work) => stream.open({ queries, topics }, params, work), { signal: left });
      return stream;
    },
    close() {
      isClosed = true;
      health.close();
      for (const stream of streams.keys()) stream.close();
    },
  };
}
