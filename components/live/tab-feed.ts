import { MINUTE, SECOND } from '@/lib/model/time/duration';
import type { QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer, type Query } from '@/lib/model/wire/query';
import type { Connection, ConnectionEvents, Phase } from './connection';
import type { QueryStore } from './query-store';

/**
 * The browser's side of the live stream, without React: one stream for all panels of the tab, its events folded
 * into each query's store, and a status that says how fresh all of it is.
 */
export interface Feed {
  /** Streams into `store` from now on; returns the off-switch. Panels in view come first when there are too many. */
  attach(store: QueryStore): Attachment;
  status: { subscribe(changed: () => void): () => void; getSnapshot(): FeedStatus };
  /** The server's clock in ms, as well as it is known here. */
  serverNow(): number;
  /** Calls `listener` after each write of the stream has been folded in; returns the off-switch. */
  onBeat(listener: () => void): () => void;
  /** The page is not seen, or about to go: lets the connection go. */
  suspend(): void;
  /** Seen again: fetches what was missed and goes on. */
  resume(): void;
  /** Tries again at once (the browser says the network is back). */
  hurry(): void;
  close(): void;
}

export interface Attachment {
  setInView(inView: boolean): void;
  detach(): void;
}

export interface FeedStatus {
  /** `idle`: nothing on this page is live. */
  readonly state: 'idle' | 'connecting' | 'live' | 'reconnecting' | 'stale';
  /** ms from a sample's commit to its arrival here, as last measured; null before the first. */
  readonly lagMs: number | null;
  /** Server time of the last word from the server; null before the first. */
  readonly heardAt: number | null;
  /** Why the server says it is degraded; null while it is well. */
  readonly degraded: string | null;
}

export interface FeedOptions {
  /** The tab's way to the stream: its own, or one that it shares with the browser's other tabs. */
  connect(events: ConnectionEvents): Connection;
  fetch: typeof fetch;
  /** The server no longer knows who is looking: the session has ended. */
  onSignedOut?(): void;
  now?(): number;
  random?(): number;
  origin?: string;
}

/** Without a word from the server for this long, what is on the screen is called stale. */
const STALE_AFTER_MS = 10 * SECOND;
/** After a longer absence than this the whole range is read again; a shorter one the stream replays. */
const REPLAY_UP_TO_MS = MINUTE;
const QUERIES_PER_READ = 50;
const OVERFLOW_POLL_MS = 10 * SECOND;
const FIRST_REREAD_RETRY_MS = 500;
const LONGEST_REREAD_RETRY_MS = 15 * SECOND;
/** How often a feed that is refused asks whether that is because nobody is signed in. */
const SIGNED_OUT_PROBE_MS = 5 * SECOND;
const TICK_MS = SECOND;
const TRIM_EVERY_MS = 10 * SECOND;

interface Watched {
  store: QueryStore;
  inView: boolean;
}

const IDLE: FeedStatus = { state: 'idle', lagMs: null, heardAt: null, degraded: null };

export function createFeed(options: FeedOptions): Feed {
  const { now = Date.now, random = Math.random, origin = '' } = options;
  const watched = new Set<Watched>();
  const listeners = new Set<() => void>();
  const beatListeners = new Set<() => void>();
  const clock = createServerClock(now);
  let status = IDLE;
  let phase: Phase = 'idle';
  let lostAt: number | null = null;
  let heardAt: number | null = null;
  /** Of a change on its way here: in the server, until its next write; and from that write to here. */
  let waitMs = 0;
  let transitMs: number | null = null;
  let suspended = false;
  let suspendedAt = 0;
  let overflow: readonly string[] = [];
  /** To be read again; and those among them that the stream leaves out until then. */
  const unread = new Set<QueryStore>();
  const absent = new Set<QueryStore>();
  let reading: Promise<void> | null = null;
  let rereadFailures = 0;
  let rereadTimer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let trimmedAt = 0;
  let probedAt = Number.NEGATIVE_INFINITY;
  let polledAt = 0;

  const connection = options.connect({
    points(text, series, id) {
      const serverNow = clock.now();
      for (const { store } of watched) if (store.text === text) store.upsert(series, id, serverNow);
      transitMs = Math.max(0, serverNow - id);
      setStatus({ lagMs: waitMs + transitMs });
      for (const listener of beatListeners) listener();
    },
    status({ state, lagMs, reason }) {
      waitMs = lagMs ?? 0;
      setStatus({
        degraded: state === 'degraded' ? (reason ?? 'unknown') : null,
        lagMs: transitMs === null ? null : waitMs + transitMs,
      });
    },
    reset: () => reread(streamed()),
    contact(id) {
      heardAt = now();
      if (id !== null) {
        clock.note(id);
        // All queries of the stream are in one write: what is before its id has arrived for each of them.
        for (const store of streamed()) store.advance(id);
      }
      refreshStatus();
    },
    phase(next) {
      if (next !== 'open' && phase === 'open') lostAt = now();
      if (next === 'open') lostAt = null;
      if (next === 'connecting' && lostAt === null && heardAt === null) lostAt = now();
      phase = next;
      refreshStatus();
    },
    refused() {
      if (now() - probedAt < SIGNED_OUT_PROBE_MS) return;
      probedAt = now();
      void isSignedOut().then((signedOut) => signedOut && options.onSignedOut?.());
    },
    overflow(texts) {
      overflow = texts;
    },
  });

  function streamed(): QueryStore[] {
    return [...watched].flatMap(({ store }) => (store.text && !overflow.includes(store.text) ? store : []));
  }

  /** An `EventSource` does not tell why it was refused; a request that needs the same session does. */
  async function isSignedOut(): Promise<boolean> {
    try {
      const { status } = await options.fetch(`${origin}/api/metrics?limit=1`);
      return status === 401;
    } catch {
      // Nobody answers: that is a server that is away, and no sign about the session.
      return false;
    }
  }

  /** Tells the connection what to carry: panels in view first, each text once with its oldest cursor. */
  function update(): void {
    const queries = new Map<string, number>();
    const byImportance = [...watched].sort((a, b) => Number(b.inView) - Number(a.inView));
    for (const { store } of suspended ? [] : byImportance) {
      if (store.text && !absent.has(store)) {
        queries.set(store.text, Math.min(queries.get(store.text) ?? store.cursor(), store.cursor()));
      }
    }
    connection.setQueries(queries);
    if (watched.size > 0 && !suspended) ticker ??= setInterval(tick, TICK_MS);
    else {
      clearInterval(ticker);
      ticker = undefined;
    }
    refreshStatus();
  }

  function tick(): void {
    refreshStatus();
    if (now() - trimmedAt >= TRIM_EVERY_MS) {
      trimmedAt = now();
      for (const { store } of watched) store.trim(clock.now());
    }
    if (overflow.length > 0 && now() - polledAt >= OVERFLOW_POLL_MS) {
      polledAt = now();
      reread([...watched].flatMap(({ store }) => (store.text && overflow.includes(store.text) ? store : [])));
    }
  }

  /** Reads the whole range of the given queries again, however long it takes for the server to answer. */
  function reread(stores: readonly QueryStore[]): void {
    for (const store of stores) if (store.text) unread.add(store);
    if (unread.size > 0 && !reading) {
      clearTimeout(rereadTimer);
      reading = readUnread().finally(() => {
        reading = null;
        if (unread.size > 0 && !suspended) rereadTimer = setTimeout(() => reread([]), rereadDelay());
        update();
      });
    }
  }

  function rereadDelay(): number {
    const longest = Math.min(
      LONGEST_REREAD_RETRY_MS,
      FIRST_REREAD_RETRY_MS * 2 ** Math.max(0, rereadFailures - 1),
    );
    return longest * (0.5 + random() / 2);
  }

  async function readUnread(): Promise<void> {
    const stores = [...unread];
    for (let from = 0; from < stores.length; from += QUERIES_PER_READ) {
      const batch = stores.slice(from, from + QUERIES_PER_READ);
      for (const store of batch) store.beginReread();
      try {
        const results = await postQueries(
          options.fetch,
          `${origin}/api/query`,
          batch.map(({ live }) => live),
        );
        rereadFailures = 0;
        batch.forEach((store, i) => {
          const result = results[i];
          unread.delete(store);
          absent.delete(store);
          if (isErrorAnswer(result)) store.fail(result.error.message);
          else store.replace(result, clock.now());
        });
      } catch (error) {
        rereadFailures++;
        for (const store of batch) store.fail(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  function setStatus(change: Partial<FeedStatus>): void {
    const next = { ...status, ...change };
    const same = (Object.keys(next) as (keyof FeedStatus)[]).every((key) => next[key] === status[key]);
    if (same) return;
    status = next;
    for (const listener of listeners) listener();
  }

  function refreshStatus(): void {
    setStatus({ state: stateNow(), heardAt: heardAt === null ? null : heardAt + clock.offset() });
  }

  function stateNow(): FeedStatus['state'] {
    if (phase === 'idle' && absent.size === 0) return 'idle';
    if (phase === 'open') return 'live';
    if (lostAt !== null && now() - lostAt >= STALE_AFTER_MS) return 'stale';
    // The stream is re-opened when panels come and go; that is no loss worth a word.
    if (phase === 'connecting') return status.state === 'live' ? 'live' : 'connecting';
    return heardAt === null ? 'connecting' : 'reconnecting';
  }

  return {
    attach(store) {
      const entry: Watched = { store, inView: true };
      clock.hint(store.cursor());
      watched.add(entry);
      update();
      return {
        setInView(inView) {
          if (entry.inView === inView) return;
          entry.inView = inView;
          if (overflow.length > 0) update();
        },
        detach() {
          if (!watched.delete(entry)) return;
          unread.delete(store);
          absent.delete(store);
          update();
        },
      };
    },
    status: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      getSnapshot: () => status,
    },
    serverNow: clock.now,
    onBeat(listener) {
      beatListeners.add(listener);
      return () => beatListeners.delete(listener);
    },
    suspend() {
      if (suspended) return;
      suspended = true;
      suspendedAt = now();
      clearTimeout(rereadTimer);
      update();
    },
    resume() {
      if (!suspended) return;
      suspended = false;
      if (now() - suspendedAt > REPLAY_UP_TO_MS) {
        for (const { store } of watched) if (store.text) absent.add(store);
        lostAt ??= now();
      }
      reread([...absent]);
      update();
    },
    hurry() {
      connection.hurry();
      reread([]);
    },
    close() {
      watched.clear();
      unread.clear();
      absent.clear();
      clearTimeout(rereadTimer);
      clearInterval(ticker);
      connection.close();
    },
  };
}

/** `POST /api/query`. Rejects when the server cannot be reached or answers with an error. */
export async function postQueries(
  fetchLike: typeof fetch,
  url: string,
  queries: readonly Query[],
): Promise<QueryResult[]> {
  const response = await fetchLike(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ queries }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status} when asked for history.`);
  const { results } = (await response.json()) as { results: QueryResult[] };
  return results;
}

/** Below this the two clocks are taken to agree; network delay alone looks like as much. */
const SKEW_WORTH_CORRECTING_MS = 2 * SECOND;
const CLOCK_SAMPLES = 32;

/**
 * The server's clock seen through event ids, which are its wall-clock at sending. The fastest delivery among the
 * recent ones comes closest to the true difference.
 */
function createServerClock(now: () => number) {
  const differences: number[] = [];
  let offset = 0;
  const settle = () => {
    const best = Math.max(...differences);
    offset = Math.abs(best) < SKEW_WORTH_CORRECTING_MS ? 0 : best;
  };
  return {
    now: () => now() + offset,
    offset: () => offset,
    note(serverMs: number) {
      differences.push(serverMs - now());
      if (differences.length > CLOCK_SAMPLES) differences.shift();
      settle();
    },
    /** A first guess from a history answer's cursor: only a server clearly ahead can be told from a slow page. */
    hint(serverMs: number) {
      if (differences.length === 0 && serverMs - now() > SKEW_WORTH_CORRECTING_MS) offset = serverMs - now();
    },
  };
}
