import { MINUTE, SECOND } from '@/lib/model/time/duration';
import type { Connection, StreamListener, StreamMessage } from './connection';
import { type FeedStatus, FeedStatusStore } from './feed-status';
import { postQueries } from './post-queries';
import type { QueryStore } from './query-store';
import { Rereads } from './rereads';
import { ServerClock } from './server-clock';
import { type TopicListener, TopicListeners } from './topic-listeners';

/**
 * The browser's side of the live stream, without React: one stream for all panels and topics of the tab, its points
 * folded into each query's store, and a status that says how fresh all of it is.
 */
export interface Feed {
  /** Streams into `store` from now on. Panels in view come first when there are too many. */
  attach(store: QueryStore): Attachment;
  /** Subscribes to a topic of the stream; returns the off-switch. */
  subscribe(topic: string, listener: TopicListener): () => void;
  readonly status: { subscribe(changed: () => void): () => void; getSnapshot(): FeedStatus };
  readonly clock: FeedClock;
  readonly connection: FeedConnection;
}

export interface FeedClock {
  /** The server's time in ms, as well as it is known here. */
  now(): number;
  /** Calls `listener` after each write of the stream has been folded in; returns the off-switch. */
  onTick(listener: () => void): () => void;
  /** The server says that it was this time, ms: for pages without a stream, whose events say it. */
  note(serverMs: number): void;
}

/** Whether the feed is connected, as the page is hidden, shown and left. */
export interface FeedConnection {
  /** The page is hidden, or about to be left: closes the stream. */
  suspend(): void;
  /** The page is shown again: fetches what was missed and opens the stream. */
  resume(): void;
  /** Tries again at once (the browser says the network is back). */
  retryNow(): void;
  close(): void;
}

export interface Attachment {
  setInView(inView: boolean): void;
  detach(): void;
}

export interface FeedOptions {
  /** Opens the tab's connection to the stream: its own, or one that it shares with the browser's other tabs. */
  connect(listener: StreamListener): Connection;
  fetch: typeof fetch;
  /** The session has ended. */
  onSignedOut?(): void;
  now?(): number;
  random?(): number;
  origin?: string;
}

/** After a longer absence than this the whole range is read again; a shorter one the stream replays. */
const REPLAY_UP_TO_MS = MINUTE;
const OVERFLOW_POLL_MS = 10 * SECOND;
/** A feed that is refused checks this often whether that is because nobody is signed in. */
const SIGNED_OUT_PROBE_MS = 5 * SECOND;
const TICK_MS = SECOND;
const TRIM_EVERY_MS = 10 * SECOND;

interface Watched {
  store: QueryStore;
  inView: boolean;
}

export function createFeed(options: FeedOptions): Feed {
  const { now = Date.now, random = Math.random, origin = '' } = options;
  const watched = new Set<Watched>();
  const topics = new TopicListeners();
  const tickListeners = new Set<() => void>();
  const clock = new ServerClock(now);
  /** Queries that the stream leaves out until they have been read again. */
  const unread = new Set<QueryStore>();
  const status = new FeedStatusStore(now, clock, () => unread.size > 0);
  const rereads = new Rereads({
    read: (queries) => postQueries(options.fetch, `${origin}/api/query`, queries),
    serverNow: () => clock.now(),
    random,
    done: (store) => unread.delete(store),
    settled: update,
  });
  let suspended = false;
  let suspendedAt = 0;
  let overflow: readonly string[] = [];
  let ticker: ReturnType<typeof setInterval> | undefined;
  let trimmedAt = 0;
  let probedAt = Number.NEGATIVE_INFINITY;
  let polledAt = 0;

  const handlers: {
    [Type in StreamMessage['type']]: (message: Extract<StreamMessage, { type: Type }>) => void;
  } = {
    points({ text, series, id }) {
      const serverNow = clock.now();
      for (const { store } of watched) if (store.text === text) store.stream.upsert(series, id, serverNow);
      status.notePoints(id);
      for (const listener of tickListeners) listener();
    },
    topic: ({ event }) => topics.publish(event),
    status: (message) => status.noteServer(message.status),
    reset: () => rereads.add(streamed()),
    contact({ id }) {
      status.noteContact();
      if (id !== null) {
        clock.note(id);
        // All queries of the stream are in one write: what is before its id has arrived for each of them.
        for (const store of streamed()) store.stream.advance(id);
      }
      status.refresh();
    },
    phase({ phase }) {
      status.notePhase(phase);
      if (phase === 'open') topics.opened();
    },
    refused() {
      if (now() - probedAt < SIGNED_OUT_PROBE_MS) return;
      probedAt = now();
      void isSignedOut().then((signedOut) => signedOut && options.onSignedOut?.());
    },
    overflow({ texts }) {
      overflow = texts;
    },
  };
  const connection = options.connect((message) => (handlers[message.type] as StreamListener)(message));

  function streamed(): QueryStore[] {
    return [...watched].flatMap(({ store }) => (store.text && !overflow.includes(store.text) ? store : []));
  }

  /** An `EventSource` does not report why it was refused; a request that needs the same session does. */
  async function isSignedOut(): Promise<boolean> {
    try {
      const { status } = await options.fetch(`${origin}/api/metrics?limit=1`);
      return status === 401;
    } catch {
      // No answer: the server is unreachable; the session may go on.
      return false;
    }
  }

  /** Sets what the connection carries: panels in view first, each text once with its oldest cursor. */
  function update(): void {
    const queries = new Map<string, number>();
    const byImportance = [...watched].sort((a, b) => Number(b.inView) - Number(a.inView));
    for (const { store } of suspended ? [] : byImportance) {
      if (store.text && !unread.has(store)) {
        const cursor = store.stream.cursor();
        queries.set(store.text, Math.min(queries.get(store.text) ?? cursor, cursor));
      }
    }
    connection.setContent({ queries, topics: suspended ? [] : topics.names });
    if ((watched.size > 0 || topics.names.length > 0) && !suspended) ticker ??= setInterval(tick, TICK_MS);
    else {
      clearInterval(ticker);
      ticker = undefined;
    }
    status.refresh();
  }

  function tick(): void {
    status.refresh();
    if (now() - trimmedAt >= TRIM_EVERY_MS) {
      trimmedAt = now();
      for (const { store } of watched) store.stream.trim(clock.now());
    }
    if (overflow.length > 0 && now() - polledAt >= OVERFLOW_POLL_MS) {
      polledAt = now();
      rereads.add(
        [...watched].flatMap(({ store }) => (store.text && overflow.includes(store.text) ? store : [])),
      );
    }
  }

  return {
    attach(store) {
      const entry: Watched = { store, inView: true };
      clock.hint(store.stream.cursor());
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
          rereads.forget(store);
          unread.delete(store);
          update();
        },
      };
    },
    subscribe(topic, listener) {
      topics.add(topic, listener);
      update();
      return () => {
        topics.delete(topic, listener);
        update();
      };
    },
    status,
    clock: {
      now: () => clock.now(),
      note: (serverMs) => clock.note(serverMs),
      onTick(listener) {
        tickListeners.add(listener);
        return () => tickListeners.delete(listener);
      },
    },
    connection: {
      suspend() {
        if (suspended) return;
        suspended = true;
        suspendedAt = now();
        rereads.pause();
        update();
      },
      resume() {
        if (!suspended) return;
        suspended = false;
        rereads.resume();
        if (now() - suspendedAt > REPLAY_UP_TO_MS) {
          for (const { store } of watched) if (store.text) unread.add(store);
          status.noteAbsence();
        }
        rereads.add(unread);
        update();
      },
      retryNow() {
        connection.retryNow();
        rereads.add([]);
      },
      close() {
        watched.clear();
        topics.clear();
        unread.clear();
        rereads.close();
        clearInterval(ticker);
        connection.close();
      },
    },
  };
}
