import type { Bus } from '../bus/bus';
import { groupSeries } from '../catalogue/groups';
import type { Metric, Registry, Series } from '../catalogue/registry';
import { drain } from '../drain';
import { env } from '../env';
import { isPulseError, PulseError } from '../errors';
import type { History } from '../history';
import { log } from '../log';
import { MINUTE, SECOND } from '../model';
import { limitGroups } from '../query/limits';
import type { Coverage } from '../ring/coverage';
import type { CommittedSamples, Ring } from '../ring/ring';
import { ArrivalLog } from './arrival-log';
import { Background } from './background';
import { type Clock, systemClock } from './clock';
import type { LiveGroup } from './live-group';
import { LiveQuery, type LiveQueryParts, type QueryReader } from './live-query';
import { type LiveQuestion, readLiveQuestion } from './live-question';
import { Pacer } from './pacer';

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
  /** Has the reader told of the question's changes from now on. @throws PulseError `too_expensive`. */
  watch(question: LiveQuestion, reader: QueryReader): LiveQuery;
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
  /** Ends all streams and lets go of everything. */
  close(): void;
}

export interface HubParts {
  registry: Registry;
  ring: Ring;
  bus: Bus;
  history: History;
  /** Where several nodes commit: keeps memory complete for the metrics that are watched. */
  coverage?: Pick<Coverage, 'watch'>;
  cursorSlackMs?: number;
  maxStreams?: number;
  /** How long a reader may be away and still get what it missed. */
  replayMs?: number;
  clock?: Clock;
  /** Aborted when the process is to end. */
  signal?: AbortSignal;
}

const BEAT_MS = SECOND;
const HEALTH_CHECK_MS = 5 * SECOND;
const RETRY_AFTER_MS = 5 * SECOND;

export function createHub({
  registry,
  ring,
  bus,
  history,
  coverage,
  cursorSlackMs = 0,
  maxStreams = env().MAX_STREAMS,
  replayMs = env().RING_MINUTES * MINUTE,
  clock = systemClock,
  signal = drain().signal,
}: HubParts): Hub {
  /** And since when, epoch ms. */
  const streams = new Map<HubStream, number>();
  const queries = new Map<string, LiveQuery>();
  const queriesByMetric = new Map<string, Set<LiveQuery>>();
  const coverings = new Map<LiveQuery, () => void>();
  /** The groups that each watched series is in, one a query. */
  const watched = new Map<Series, LiveGroup[]>();
  const pacer = new Pacer(clock);
  const background = new Background(clock);
  const arrivals = new ArrivalLog(replayMs, clock.now());
  const figures: HubFigures = { streams: 0, queries: 0, turns: 0, turnMs: 0, slowestTurnMs: 0, stalls: 0 };
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
  };

  function onCommit({ series, timestamps }: CommittedSamples): void {
    const moment = parts.nextMoment();
    const marked = new Set<LiveQuery>();
    for (let i = 0; i < series.length; i++) {
      arrivals.note(series[i].metric.name, timestamps[i], moment.at);
      for (const group of watched.get(series[i]) ?? []) {
        group.query.mark(group, series[i], timestamps[i], moment);
        marked.add(group.query);
      }
    }
    // What has to be read from the store first is told of when it has been.
    for (const query of marked) if (query.seq === moment.seq) query.notifyReaders();
  }

  function onSeries(series: Series): void {
    for (const query of queriesByMetric.get(series.metric.name) ?? []) {
      cover(query);
      try {
        join(query, series);
      } catch (error) {
        if (!isPulseError(error)) throw error;
        log().warn({ err: error, query: query.question.text }, 'a new series is not shown live');
      }
    }
  }

  function noteMissed({ name }: Metric): void {
    const now = clock.now();
    // Of any age: whoever returns with a cursor from before gets its whole range.
    arrivals.note(name, 0, now);
    for (const query of queriesByMetric.get(name) ?? []) {
      if (query.wantAll(now)) continue;
      for (const reader of query.readers) reader.reset('too_much_missed');
    }
  }

  function cover(query: LiveQuery): void {
    if (coverage && query.metric && !coverings.has(query)) coverings.set(query, coverage.watch(query.metric));
  }

  function join(query: LiveQuery, series: Series): void {
    const group = query.admit(series);
    if (!group) return;
    const groups = watched.get(series);
    if (groups) groups.push(group);
    else watched.set(series, [group]);
  }

  function open(question: LiveQuestion): LiveQuery {
    const series = registry.metrics.get(question.metric)?.series ?? [];
    const groups = groupSeries(series, question.by, question.matches);
    limitGroups(groups.length, question.by, question.ranking);
    const query = new LiveQuery(question, parts, { seq, at: clock.now() });
    for (const group of groups) for (const each of group.series) join(query, each);
    queries.set(question.text, query);
    cover(query);
    const sameMetric = queriesByMetric.get(question.metric);
    if (sameMetric) sameMetric.add(query);
    else queriesByMetric.set(question.metric, new Set([query]));
    return query;
  }

  function drop(query: LiveQuery): void {
    queries.delete(query.question.text);
    background.forget(query);
    coverings.get(query)?.();
    coverings.delete(query);
    const sameMetric = queriesByMetric.get(query.question.metric);
    sameMetric?.delete(query);
    if (sameMetric?.size === 0) queriesByMetric.delete(query.question.metric);
    for (const group of query.groups.values()) {
      for (const series of group.series) {
        const others = watched.get(series)?.filter((other) => other !== group) ?? [];
        if (others.length > 0) watched.set(series, others);
        else watched.delete(series);
      }
    }
  }

  /** Runs while there are streams. */
  function beat(): void {
    const now = clock.now();
    for (const query of queries.values()) query.beat(now);
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
  }

  const listening = [bus.subscribe(onCommit), bus.onState(updateHealth), registry.onSeries(onSeries)];
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
    watch(question, reader) {
      const query = queries.get(question.text) ?? open(question);
      reader.since = query.seq;
      query.readers.add(reader);
      figures.queries = queries.size;
      return query;
    },
    unwatch(query, reader) {
      if (query.readers.delete(reader) && query.readers.size === 0) drop(query);
      figures.queries = queries.size;
    },
    noteTurn(ms) {
      figures.turns++;
      figures.turnMs += ms;
      figures.slowestTurnMs = Math.max(figures.slowestTurnMs, ms);
    },
    noteStall() {
      figures.stalls++;
    },
    close,
  };
}
