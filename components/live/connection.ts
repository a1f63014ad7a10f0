import { SECOND } from '@/lib/model/time/duration';
import type {
  GroupUpserts,
  StatusEvent,
  StreamEventData,
  StreamEventName,
  TopicEvent,
} from '@/lib/model/wire/stream';

/** The part of a browser's `EventSource` that is used here. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: { data?: string; lastEventId?: string }) => void): void;
  close(): void;
}
export type OpenEventSource = (url: string) => EventSourceLike;

/**
 * The most queries one stream carries (the server's limit), and the longest URL that is safe with 16 KiB of headers.
 */
const QUERIES_PER_STREAM = 64;
const URL_LIMIT = 12_000;

/** A burst of panels that come and go (a page, a scroll) opens the stream once. */
const SETTLE_MS = 40;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10 * SECOND;
/** After a stream that lasted this long the next attempt begins with the short delay again. */
const HEALTHY_MS = 5 * SECOND;
/** Heartbeats are comments, which a browser does not show; but the server sends `status` with every one. */
const SILENCE_TIMEOUT_MS = 40 * SECOND;

export type Phase = 'idle' | 'connecting' | 'open' | 'waiting';

/** What a connection passes to its listener; between a browser's tabs it travels as it is. */
export type StreamMessage =
  /** Of the query with this text. `id`: server time in ms. */
  | { type: 'points'; text: string; series: readonly GroupUpserts[]; id: number }
  | { type: 'topic'; event: TopicEvent }
  | { type: 'status'; status: StatusEvent }
  /** The server cannot replay from the cursor: everything must be read again. */
  | { type: 'reset' }
  /** Something arrived from the server; `id`: server time in ms that an event carried. */
  | { type: 'contact'; id: number | null }
  | { type: 'phase'; phase: Phase }
  /** The server gave no stream, or was not there: only another request can show why. */
  | { type: 'refused' }
  /** Query texts that did not fit on the stream, as this changes. */
  | { type: 'overflow'; texts: readonly string[] };

export type StreamListener = (message: StreamMessage) => void;

/** What a stream carries. */
export interface StreamContent {
  /**
   * Query texts in order of importance, each with its cursor in server ms. A query whose cursor lies before what
   * the stream has already sent is replayed from there.
   */
  queries: ReadonlyMap<string, number>;
  topics: readonly string[];
}

export const NO_CONTENT: StreamContent = { queries: new Map(), topics: [] };

export function isEmptyContent({ queries, topics }: StreamContent): boolean {
  return queries.size === 0 && topics.length === 0;
}

export interface ConnectionOptions {
  openEventSource: OpenEventSource;
  path?: string;
  now(): number;
  random?(): number;
}

export interface Connection {
  /** Sets what the stream carries from now on. */
  setContent(content: StreamContent): void;
  /** Tries again at once: the network is back, the page is seen again. */
  retryNow(): void;
  close(): void;
}

/**
 * One event stream for a changing set of queries and topics, kept alive. It re-creates the `EventSource` itself instead
 * of letting the browser reconnect: a browser stops trying after any answer but 200, and it would reconnect to the
 * first URL, with its queries and its cursor.
 */
export function createConnection(options: ConnectionOptions, notify: StreamListener): Connection {
  const { openEventSource, path = '/api/live', now, random = Math.random } = options;
  let queries = new Map<string, number>();
  let topics: readonly string[] = [];
  /** The queries of the open stream, by their number in its events. */
  let openQueries: string[] = [];
  let overflow: string[] = [];
  let source: EventSourceLike | null = null;
  let openedAt: number | null = null;
  let failures = 0;
  let phase: Phase = 'idle';
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  function setPhase(next: Phase): void {
    if (phase === next) return;
    phase = next;
    notify({ type: 'phase', phase: next });
  }

  function closeSource(): void {
    clearTimeout(retry);
    clearTimeout(watchdog);
    source?.close();
    source = null;
    openedAt = null;
  }

  function openSoon(delayMs: number): void {
    clearTimeout(retry);
    retry = setTimeout(open, delayMs);
  }

  function open(): void {
    closeSource();
    openQueries = [...queries.keys()];
    if (isEmptyContent({ queries, topics })) return;
    const cursor = Math.min(...queries.values());
    setPhase(failures === 0 ? 'connecting' : 'waiting');
    const opened = openEventSource(`${path}?${parametersOf(openQueries, topics, cursor)}`);
    source = opened;
    const listen = (type: string, listener: (event: { data?: string; lastEventId?: string }) => void) =>
      opened.addEventListener(type, (event) => {
        // Events of a source that was closed must not count as those of its successor.
        if (source === opened) listener(event);
      });
    const on = <Name extends StreamEventName>(
      name: Name,
      receive: (data: StreamEventData<Name>, id: number | null) => void,
    ) =>
      listen(name, ({ data, lastEventId }) => {
        const id = idOf(lastEventId);
        noteContact(id);
        receive(JSON.parse(data ?? '{}') as StreamEventData<Name>, id);
      });
    listen('open', () => {
      openedAt = now();
      noteContact();
      setPhase('open');
      notify({ type: 'contact', id: null });
    });
    on('points', ({ q, series }, id) => {
      if (q < openQueries.length) notify({ type: 'points', text: openQueries[q], series, id: id ?? cursor });
    });
    on('topic', (event) => notify({ type: 'topic', event }));
    on('status', (status) => notify({ type: 'status', status }));
    on('reset', () => notify({ type: 'reset' }));
    listen('error', reconnectLater);
    restartWatchdog();
  }

  function noteContact(id: number | null = null): void {
    restartWatchdog();
    if (id === null) return;
    // Of all queries, not only the one the event is about: the server writes what is new of all of them at once.
    for (const text of openQueries) if ((queries.get(text) ?? id) < id) queries.set(text, id);
    notify({ type: 'contact', id });
  }

  function restartWatchdog(): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(reconnectLater, SILENCE_TIMEOUT_MS);
  }

  function reconnectLater(): void {
    if (openedAt !== null && now() - openedAt >= HEALTHY_MS) failures = 0;
    const wasRefused = openedAt === null;
    closeSource();
    failures++;
    setPhase('waiting');
    if (wasRefused) notify({ type: 'refused' });
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    // Half fixed, half random: when a server restarts, its pages must not all return in the same instant.
    openSoon(longest * (0.5 + random() / 2));
  }

  return {
    setContent(content) {
      const { fitting, left } = fit(content.queries);
      const isSame =
        fitting.size === queries.size &&
        [...fitting.keys()].every((text) => queries.has(text)) &&
        content.topics.join() === topics.join();
      const isBehind = [...fitting].some(([text, cursor]) => cursor < (queries.get(text) ?? cursor));
      queries = fitting;
      topics = content.topics;
      if (isEmptyContent({ queries, topics })) {
        closeSource();
        failures = 0;
        setPhase('idle');
      } else if (!isSame || isBehind) {
        // While waiting to retry the timer runs already, and will take the new set.
        if (phase !== 'waiting' || source) openSoon(SETTLE_MS);
      }
      if (left.join('\n') !== overflow.join('\n')) {
        overflow = left;
        notify({ type: 'overflow', texts: overflow });
      }
    },
    retryNow() {
      if (phase === 'waiting') openSoon(0);
    },
    close() {
      queries = new Map();
      topics = [];
      closeSource();
      setPhase('idle');
    },
  };
}

function fit(queries: ReadonlyMap<string, number>): { fitting: Map<string, number>; left: string[] } {
  const fitting = new Map<string, number>();
  const left: string[] = [];
  let length = 0;
  for (const [text, cursor] of queries) {
    const more = escapeValue(text).length + 3;
    if (fitting.size < QUERIES_PER_STREAM && length + more <= URL_LIMIT) {
      fitting.set(text, cursor);
      length += more;
    } else left.push(text);
  }
  return { fitting, left };
}

function parametersOf(texts: readonly string[], topics: readonly string[], cursor: number): string {
  const parameters = [
    ...texts.map((text) => `q=${escapeValue(text)}`),
    ...topics.map((name) => `topic=${escapeValue(name)}`),
  ];
  // Topics have no past to go on from.
  if (texts.length > 0) parameters.push(`cursor=${cursor}`);
  return parameters.join('&');
}

/** As `encodeURIComponent`, but keeps characters that a query parameter may have. */
function escapeValue(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3D|2C|3A|2F|40)/g, decodeURIComponent);
}

function idOf(text: string | undefined): number | null {
  return text && /^\d+$/.test(text) ? Number(text) : null;
}
