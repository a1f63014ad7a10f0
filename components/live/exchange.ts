import { SECOND } from '@/lib/model/time/duration';
import type { GroupUpserts, StatusEvent } from '@/lib/model/wire/stream';
import type { Connection, ConnectionEvents, Phase } from './connection';

/** A `MessagePort`, as far as it is used here. */
export interface PortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  start(): void;
}

/** What a tab says to the exchange: what it wants from now on (nothing, when it is left), or that it is still there. */
export type TabMessage =
  | { say: 'want'; queries: Array<[text: string, cursor: number]> }
  | { say: 'alive' }
  | { say: 'hurry' };

/** What the exchange says to a tab: the events of the stream that concern it; `unknown` asks what it wants. */
export type ExchangeMessage =
  | { say: 'points'; text: string; series: readonly GroupUpserts[]; id: number }
  | { say: 'status'; status: StatusEvent }
  | { say: 'reset' }
  | { say: 'contact'; id: number | null }
  | { say: 'phase'; phase: Phase }
  | { say: 'refused' }
  | { say: 'overflow'; texts: string[] }
  | { say: 'unknown' };

export const ALIVE_EVERY_MS = 5 * SECOND;
/** A tab that crashed says nothing; one that is left or hidden says that it wants nothing. */
const GIVEN_UP_AFTER_MS = 20 * SECOND;

interface Tab {
  queries: Map<string, number>;
  heardAt: number;
}

/**
 * One stream for several tabs: a browser opens no more than six connections to an origin over HTTP/1.1, so a
 * seventh tab with a stream of its own would hang. Runs in a `SharedWorker`.
 */
export function createExchange(
  connect: (events: ConnectionEvents) => Connection,
  now: () => number = Date.now,
): { join(port: PortLike): void; close(): void } {
  const tabs = new Map<PortLike, Tab>();
  let phase: Phase = 'idle';
  let overflow: readonly string[] = [];

  const tell = (message: ExchangeMessage) => {
    for (const port of tabs.keys()) port.postMessage(message);
  };

  const connection = connect({
    points(text, series, id) {
      const message: ExchangeMessage = { say: 'points', text, series, id };
      for (const [port, { queries }] of tabs) if (queries.has(text)) port.postMessage(message);
    },
    status: (status) => tell({ say: 'status', status }),
    reset: () => tell({ say: 'reset' }),
    contact(id) {
      if (id !== null) for (const { queries } of tabs.values()) advance(queries, id);
      tell({ say: 'contact', id });
    },
    phase(next) {
      phase = next;
      tell({ say: 'phase', phase });
    },
    refused: () => tell({ say: 'refused' }),
    overflow(texts) {
      overflow = texts;
      for (const [port, tab] of tabs) port.postMessage(overflowOf(tab));
    },
  });

  function advance(queries: Map<string, number>, id: number): void {
    for (const [text, cursor] of queries) if (cursor < id && !overflow.includes(text)) queries.set(text, id);
  }

  function overflowOf({ queries }: Tab): ExchangeMessage {
    return { say: 'overflow', texts: overflow.filter((text) => queries.has(text)) };
  }

  /** The tabs' queries together, each once, from the cursor of whoever is furthest behind. */
  function update(): void {
    const all = new Map<string, number>();
    for (const { queries } of tabs.values()) {
      for (const [text, cursor] of queries) all.set(text, Math.min(all.get(text) ?? cursor, cursor));
    }
    connection.setQueries(all);
  }

  function hear(port: PortLike, message: TabMessage): void {
    if (message.say === 'hurry') connection.hurry();
    if (message.say === 'want') {
      if (message.queries.length === 0) tabs.delete(port);
      else tabs.set(port, { queries: new Map(message.queries), heardAt: now() });
      update();
    }
    const tab = tabs.get(port);
    if (tab) {
      tab.heardAt = now();
      port.postMessage({ say: 'phase', phase } satisfies ExchangeMessage);
      if (message.say === 'want') port.postMessage(overflowOf(tab));
    } else if (message.say === 'alive') {
      port.postMessage({ say: 'unknown' } satisfies ExchangeMessage);
    }
  }

  const sweep = setInterval(() => {
    const silent = [...tabs].filter(([, { heardAt }]) => now() - heardAt > GIVEN_UP_AFTER_MS);
    for (const [port] of silent) tabs.delete(port);
    if (silent.length > 0) update();
  }, ALIVE_EVERY_MS);

  return {
    join(port) {
      port.addEventListener('message', ({ data }) => hear(port, data as TabMessage));
      port.start();
    },
    close() {
      clearInterval(sweep);
      tabs.clear();
      connection.close();
    },
  };
}
