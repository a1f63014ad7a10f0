import type { Bus } from '../cluster/bus/bus';
import { env } from '../env';
import type { Registry } from '../memory/catalogue/registry';
import type { Ring } from '../memory/ring/ring';
import type { RingSync } from '../memory/ring/ring-sync';
import { isPulseError, PulseError } from '../model/errors';
import type { SampleColumns } from '../model/samples';
import type { Metric } from '../model/series';
import { MINUTE, SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { History } from '../read/history';
import { drain } from '../runtime/drain';
import type { Turns } from '../runtime/work/turns';
import type { Work } from '../runtime/work/work';
import { ArrivalLog } from './arrival-log';
import { Background } from './background';
import { type Clock, systemClock } from './clock';
import type { LiveQuery, LiveQueryParts, QueryReader } from './live-query';
import { type LiveQuestion, readLiveQuestion } from './live-question';
import { Pacer } from './pacer';
import { WatchedQueries } from './watched';

/** A stream as the hub sees it. */
export interface HubStream {
  /** Called about once a second. */
  beat(now: number): void;
  /** The state of the server has changed. */
  tellStatus(): void;
  /** Its reader must read history again. */
  reset(reason: string): void;
  close(): void;
}

export type Health = { state: 'live' } | { state: 'degraded'; reason: string };

/** For the server's own metrics. */
export interface HubFigures {
  streams: number;
  /** Distinct questions that are watched. */
  queries: number;
  /** Turns in which streams evaluated, and the time that took. */
  turns: number;
  turnMs: number;
  slowestTurnMs: number;
  /** Times a reader was found too slow to be written to. */
  stalls: number;
  /** Bytes that wait for readers who are too slow. */
  heldBytes: number;
}

/**
 * Between commits and open streams. Streams of equal questions share one `LiveQuery`; a commit marks what it touches
 * in those that watch its series; the streams ask when they have their turn.
 */
export interface Hub {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly arrivals: ArrivalLog;
  readonly health: Health;
  readonly figures: Readonly<HubFigures>;
  /** Reads one `q` of a stream. @throws PulseError `bad_parameter`, `too_many_points`. */
  readQuestion(text: string): LiveQuestion;
  /** Takes a stream in; returns the off-switch. @throws PulseError `too_many_streams`, `shutting_down`. */
  admit(stream: HubStream): () => void;
  /**
   * Has the reader told of the question's changes from now on.
   * @throws PulseError `bad_parameter`, `too_expensive`, `too_busy`, `too_many_streams`.
   */
  watch(question: LiveQuestion, reader: QueryReader, work: Work): Promise<LiveQuery>;
  unwatch(query: LiveQuery, reader: QueryReader): void;
  /**
   * Samples of this metric, of any age, may have been committed elsewhere without this node hearing of it; from now on
   * it hears again. Everyone who watches it is told its points anew.
   */
  noteMissed(metric: Metric): void;
  /** How much may lie between a cursor and what it stands for: another node gave it, by its own clock. Ms. */
  readonly cursorSlackMs: number;
  /** A stream has evaluated what it is to tell, in so many ms. */
  noteTurn(ms: number): void;
  /** A reader was too slow to be written to. */
  noteStall(): void;
  /** So many bytes more (or fewer) wait for readers. @returns whether there is room for them. */
  noteHeld(bytes: number): boolean;
  /** Ends all streams and lets go of everything. */
  close(): void;
}

export interface HubParts {
  registry: Registry;
  ring: Ring;
  bus: Bus;
  history: History;
  /** Where several nodes commit: keeps memory complete for the metrics that are watched. */
  ringSync?: Pick<RingSync, 'watch'>;
  cursorSlackMs?: number;
  maxStreams?: number;
  /** How long a reader may be away and still get what it missed. */
  replayMs?: number;
  clock?: Clock;
  /** Where streams take theirs; those of the process. */
  turns?: Turns;
  /** Aborted when the process is to end. */
  signal?: AbortSignal;
}

/** What all streams together may hold for readers that do not read; each holds half a megabyte at most, mostly. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
const BEAT_MS = SECOND;
const HEALTH_CHECK_MS = 5 * SECOND;
const RETRY_AFTER_MS = 5 * SECOND;
/** At most a tenth of the time the store is read for live queries, a quarter of the time memory for very large ones. */
const STORE_REST_FACTOR = 9;
const MEMORY_REST_FACTOR = 3;

export function createHub({
  registry,
  ring,
  bus,
  history,
  ringSync,
  cursorSlackMs = 0,
  maxStreams = env().MAX_STREAMS,
  replayMs = env().RING_MINUTES * MINUTE,
  clock = systemClock,
  turns,
  signal = drain().signal,
}: HubParts): Hub {
  /** And since when, epoch ms. */
  const streams = new Map<HubStream, number>();
  const pacer = new Pacer(clock, turns);
  const background = new Background(clock, STORE_REST_FACTOR);
  const aside = new Background(clock, MEMORY_REST_FACTOR);
  const arrivals = new ArrivalLog(replayMs, clock.now());
  const figures: HubFigures = {
    streams: 0,
    queries: 0,
    turns: 0,
    turnMs: 0,
    slowestTurnMs: 0,
    stalls: 0,
    heldBytes: 0,
  };
  let databaseTrouble: string | null = null;
  let troubleSince = 0;
  let health: Health = { state: 'live' };
  let seq = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let isChecking = false;
  let isClosed = false;
  let cancelBeat = () => {};

  const parts: LiveQueryParts = {
    history,
    registry,
    ring,
    now: clock.now,
    nextMoment: () => ({ seq: ++seq, at: clock.now() }),
    requestBackground: (query) => background.request(query),
    requestAside: (query) => aside.request(query.asideWorker),
  };

  const watched = new WatchedQueries({
    registry,
    query: parts,
    arrivals,
    ringSync,
    moment: () => ({ seq, at: clock.now() }),
  });

  function onCommit({ series, timestamps }: SampleColumns): void {
    const moment = parts.nextMoment();
    const marked = new Set<LiveQuery>();
    for (let i = 0; i < series.length; i++) {
      arrivals.note(series[i].metric.name, timestamps[i], moment.at);
      for (const place of watched.placesIn(series[i])) {
        const { query } = place.group;
        // Of a query that nobody watches any more, and that is being forgotten.
        if (query.readers.size === 0) continue;
        query.mark(place, series[i], timestamps[i], moment);
        marked.add(query);
      }
    }
    // What has to be read from the store first is told of when it has been.
    for (const query of marked) if (query.seq === moment.seq) query.notifyReaders();
  }

  function noteMissed({ name }: Metric): void {
    const now = clock.now();
    // Of any age: whoever returns with a cursor from before gets its whole range.
    arrivals.note(name, 0, now);
    for (const query of watched.of(name)) {
      if (query.wantAll(now)) continue;
      for (const reader of query.readers) reader.reset('too_much_missed');
    }
  }

  /** Runs while there are streams. */
  function beat(): void {
    const now = clock.now();
    for (const query of watched.all()) query.beat(now);
    for (const stream of streams.keys()) stream.beat(now);
    if (!isChecking && now - checkedAt >= HEALTH_CHECK_MS) {
      checkedAt = now;
      void checkDatabase();
    }
    if (streams.size > 0) cancelBeat = clock.after(BEAT_MS, beat);
  }

  async function checkDatabase(): Promise<void> {
    isChecking = true;
    try {
      await history.ping();
      if (databaseTrouble !== null) resetSince(troubleSince);
      databaseTrouble = null;
    } catch (error) {
      if (!isPulseError(error)) log().error({ err: error }, 'the database failed in a way nobody expected');
      // It may have begun any time since the last look.
      if (databaseTrouble === null) troubleSince = clock.now() - 2 * HEALTH_CHECK_MS;
      databaseTrouble = isPulseError(error) ? error.code : 'database_unavailable';
    } finally {
      isChecking = false;
    }
    updateHealth();
  }

  /** Whoever came while the database was away has been answered from memory only. */
  function resetSince(time: number): void {
    for (const [stream, since] of streams) if (since >= time) stream.reset('database_back');
  }

  function updateHealth(): void {
    const reason = databaseTrouble ?? bus.state.reason;
    const isNews = reason !== (health.state === 'degraded' ? health.reason : null);
    health = reason === null ? { state: 'live' } : { state: 'degraded', reason };
    if (isNews) for (const stream of streams.keys()) stream.tellStatus();
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener('abort', close);
    for (const stop of listening) stop();
    for (const stream of streams.keys()) stream.close();
    cancelBeat();
    pacer.close();
    background.close();
    aside.close();
  }

  const listening = [
    bus.subscribe(onCommit),
    bus.onState(updateHealth),
    registry.onSeries((series) => watched.take(series)),
  ];
  signal.addEventListener('abort', close);

  return {
    clock,
    pacer,
    arrivals,
    get health() {
      return health;
    },
    figures,
    cursorSlackMs,
    noteMissed,
    readQuestion: (text) => readLiveQuestion(text, clock.now(), history),
    admit(stream) {
      if (isClosed || signal.aborted)
        throw new PulseError('shutting_down', 'The server is shutting down; connect again.', {
          retryAfterMs: SECOND,
        });
      if (streams.size >= maxStreams)
        throw new PulseError(
          'too_many_streams',
          `This server has ${maxStreams} streams, as many as it may.`,
          {
            retryAfterMs: RETRY_AFTER_MS,
          },
        );
      streams.set(stream, clock.now());
      figures.streams = streams.size;
      if (streams.size === 1) cancelBeat = clock.after(BEAT_MS, beat);
      return () => {
        streams.delete(stream);
        figures.streams = streams.size;
        if (streams.size === 0) cancelBeat();
      };
    },
    async watch(question, reader, work) {
      try {
        return await watched.watch(question, reader, work);
      } finally {
        figures.queries = watched.size;
      }
    },
    unwatch(query, reader) {
      if (query.readers.size === 1 && query.readers.has(reader)) {
        background.forget(query);
        aside.forget(query.asideWorker);
      }
      watched.unwatch(query, reader);
      figures.queries = watched.size;
    },
    noteTurn(ms) {
      figures.turns++;
      figures.turnMs += ms;
      figures.slowestTurnMs = Math.max(figures.slowestTurnMs, ms);
    },
    noteStall() {
      figures.stalls++;
    },
    noteHeld(bytes) {
      figures.heldBytes += bytes;
      return figures.heldBytes <= MAX_HELD_BYTES;
    },
    close,
  };
}
