import { SECOND } from '@/lib/model/time/duration';
import type { Connection, Hear, Phase, StreamMessage } from './connection';

/** A `MessagePort`, as far as it is used here. */
export interface PortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  start(): void;
}

/** What a tab says to the exchange: what it wants from now on (nothing, when it is left), or that it is still there. */
export type TabMessage =
  | { say: 'want'; queries: Array<[text: string, cursor: number]>; topics: string[] }
  | { say: 'alive' }
  | { say: 'hurry' };

/** What the exchange says to a tab: what the stream says that concerns it; `unknown` asks what it wants. */
export type ExchangeMessage = StreamMessage | { say: 'unknown' };

export const ALIVE_EVERY_MS = 5 * SECOND;
/** A tab that crashed says nothing; one that is left or hidden says that it wants nothing. */
const GIVEN_UP_AFTER_MS = 20 * SECOND;

interface Tab {
  queries: Map<string, number>;
  topics: readonly string[];
  heardAt: number;
}

/**
 * One stream for several tabs: a browser opens no more than six connections to an origin over HTTP/1.1, so a
 * seventh tab with a stream of its own would hang. Runs in a `SharedWorker`.
 */
export function createExchange(
  connect: (hear: Hear) => Connection,
  now: () => number = Date.now,
): { join(port: PortLike): void; close(): void } {
  const tabs = new Map<PortLike, Tab>();
  let phase: Phase = 'idle';
  let overflow: readonly string[] = [];

  const connection = connect((message) => {
    if (message.say === 'phase') phase = message.phase;
    if (message.say === 'overflow') overflow = message.texts;
    for (const [port, tab] of tabs) {
      if (message.say === 'contact' && message.id !== null) advance(tab.queries, message.id);
      if (concerns(message, tab)) port.postMessage(message.say === 'overflow' ? overflowOf(tab) : message);
    }
  });

  function advance(queries: Map<string, number>, id: number): void {
    for (const [text, cursor] of queries) if (cursor < id && !overflow.includes(text)) queries.set(text, id);
  }

  function overflowOf({ queries }: Tab): ExchangeMessage {
    return { say: 'overflow', texts: overflow.filter((text) => queries.has(text)) };
  }

  /** What the tabs want together, each query and topic once, from the cursor of whoever is furthest behind. */
  function update(): void {
    const all = new Map<string, number>();
    for (const { queries } of tabs.values()) {
      for (const [text, cursor] of queries) all.set(text, Math.min(all.get(text) ?? cursor, cursor));
    }
    const topics = new Set([...tabs.values()].flatMap((tab) => tab.topics));
    connection.want({ queries: all, topics: [...topics].sort() });
  }

  function hear(port: PortLike, message: TabMessage): void {
    if (message.say === 'hurry') connection.hurry();
    if (message.say === 'want') {
      const { queries, topics } = message;
      if (queries.length === 0 && topics.length === 0) tabs.delete(port);
      else tabs.set(port, { queries: new Map(queries), topics, heardAt: now() });
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

function concerns(message: StreamMessage, { queries, topics }: Tab): boolean {
  if (message.say === 'points') return queries.has(message.text);
  return message.say === 'topic' ? topics.includes(message.event.topic) : true;
}
