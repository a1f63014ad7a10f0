import { SECOND } from '@/lib/model/time/duration';
import type { GroupUpserts, PointsEvent, StatusEvent } from '@/lib/model/wire/stream';

/** The part of a browser's `EventSource` that is used here. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: { data?: string; lastEventId?: string }) => void): void;
  close(): void;
}
export type OpenEventSource = (url: string) => EventSourceLike;

/** The most queries one stream carries (the server's limit), and the longest URL that is safe with 16 KiB of headers. */
export const QUERIES_PER_STREAM = 64;
const URL_LIMIT = 12_000;

/** A burst of panels that come and go (a page, a scroll) opens the stream once. */
const SETTLE_MS = 40;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10 * SECOND;
/** A stream that lived this long ended by accident: the next attempt starts from the short delay again. */
const HEALTHY_MS = 5 * SECOND;
/** Heartbeats are comments, which a browser does not show; but the server says `status` at every one. */
const SILENCE_MS = 40 * SECOND;

export type Phase = 'idle' | 'connecting' | 'open' | 'waiting';

export interface ConnectionEvents {
  points(text: string, series: readonly GroupUpserts[], id: number): void;
  status(status: StatusEvent): void;
  /** The server cannot replay from the cursor: everything must be read again. */
  reset(): void;
  /** Server time in ms that an event carried as its id. */
  contact(id: number | null): void;
  phase(phase: Phase): void;
  /** The server answered, or was not there, but gave no stream: only asking otherwise tells why. */
  refused(): void;
  /** Query texts that did not fit on the stream, as this changes. */
  overflow(texts: readonly string[]): void;
}

export interface ConnectionOptions {
  openEventSource: OpenEventSource;
  path?: string;
  now(): number;
  random?(): number;
}

export interface Connection {
  /**
   * Query texts in order of importance, each with its cursor in server ms. A query whose cursor lies before what
   * the stream has already sent is replayed from there.
   */
  setQueries(queries: ReadonlyMap<string, number>): void;
  /** Tries again at once: the network is back, the page is seen again. */
  hurry(): void;
  close(): void;
}

/**
 * One event stream for a changing set of queries, kept alive. It re-creates the `EventSource` itself instead of
 * letting the browser reconnect: a browser gives up for good on any answer but 200, and it would reconnect to the
 * first URL, with the queries and the cursor of back then.
 */
export function createConnection(options: ConnectionOptions, events: ConnectionEvents): Connection {
  const { openEventSource, path = '/api/live', now, random = Math.random } = options;
  let wanted = new Map<string, number>();
  let carried: string[] = [];
  let left: string[] = [];
  let source: EventSourceLike | null = null;
  let openedAt: number | null = null;
  let failures = 0;
  let phase: Phase = 'idle';
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  function setPhase(next: Phase): void {
    if (phase === next) return;
    phase = next;
    events.phase(next);
  }

  function hangUp(): void {
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
    hangUp();
    carried = [...wanted.keys()];
    if (carried.length === 0) return;
    const cursor = Math.min(...wanted.values());
    setPhase(failures === 0 ? 'connecting' : 'waiting');
    const opened = openEventSource(
      `${path}?${carried.map((text) => `q=${escapeValue(text)}`).join('&')}&cursor=${cursor}`,
    );
    source = opened;
    // A listener of a source that was hung up must not speak for its successor.
    const on = (type: string, listener: (event: { data?: string; lastEventId?: string }) => void) =>
      opened.addEventListener(type, (event) => {
        if (source === opened) listener(event);
      });
    on('open', () => {
      openedAt = now();
      heard();
      setPhase('open');
      events.contact(null);
    });
    on('points', (event) => {
      const id = idOf(event.lastEventId);
      const { q, series } = JSON.parse(event.data ?? '') as PointsEvent;
      heard(id);
      if (q < carried.length) events.points(carried[q], series, id ?? cursor);
    });
    on('status', (event) => {
      heard(idOf(event.lastEventId));
      events.status(JSON.parse(event.data ?? '{}') as StatusEvent);
    });
    on('reset', (event) => {
      heard(idOf(event.lastEventId));
      events.reset();
    });
    on('error', lost);
    expectSound();
  }

  function heard(id: number | null = null): void {
    expectSound();
    if (id === null) return;
    // Of all queries, not only the one the event is about: the server writes what is new of all of them at once.
    for (const text of carried) if ((wanted.get(text) ?? id) < id) wanted.set(text, id);
    events.contact(id);
  }

  function expectSound(): void {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, SILENCE_MS);
  }

  function lost(): void {
    if (openedAt !== null && now() - openedAt >= HEALTHY_MS) failures = 0;
    const wasRefused = openedAt === null;
    hangUp();
    failures++;
    setPhase('waiting');
    if (wasRefused) events.refused();
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    // Half fixed, half random: when a server restarts, its pages must not all return in the same instant.
    openSoon(longest * (0.5 + random() / 2));
  }

  return {
    setQueries(queries) {
      const { fitting, left: nowLeft } = fit(queries);
      const sameSet = fitting.size === wanted.size && [...fitting.keys()].every((text) => wanted.has(text));
      const behind = [...fitting].some(([text, cursor]) => cursor < (wanted.get(text) ?? cursor));
      wanted = fitting;
      if (wanted.size === 0) {
        hangUp();
        failures = 0;
        setPhase('idle');
      } else if (!sameSet || behind) {
        // While waiting to retry the timer runs already, and will take the new set.
        if (phase !== 'waiting' || source) openSoon(SETTLE_MS);
      }
      if (nowLeft.join('\n') !== left.join('\n')) {
        left = nowLeft;
        events.overflow(left);
      }
    },
    hurry() {
      if (wanted.size > 0 && phase === 'waiting') openSoon(0);
    },
    close() {
      wanted = new Map();
      hangUp();
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

/** As `encodeURIComponent`, but leaves alone what may stand in the value of a query parameter. */
function escapeValue(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3D|2C|3A|2F|40)/g, decodeURIComponent);
}

function idOf(text: string | undefined): number | null {
  return text && /^\d+$/.test(text) ? Number(text) : null;
}
