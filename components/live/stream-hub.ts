import { SECOND } from '@/lib/model/time/duration';
import type { Connection, Phase, StreamListener, StreamMessage } from './connection';

/** A `MessagePort`, as far as it is used here. */
export interface PortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  start(): void;
}

/**
 * What a tab sends to the hub: the content it needs from now on (none, when the tab is left), or that it is still open.
 */
export type TabMessage =
  | { type: 'content'; queries: Array<[text: string, cursor: number]>; topics: string[] }
  | { type: 'alive' }
  | { type: 'retryNow' };

/** What the hub sends to a tab: messages of the stream that concern it; `unknown` asks for its content. */
export type HubMessage = StreamMessage | { type: 'unknown' };

export const ALIVE_EVERY_MS = 5 * SECOND;
/** A tab that crashed sends nothing more; one that is left or hidden sends empty content. */
const TAB_TIMEOUT_MS = 20 * SECOND;

interface Tab {
  queries: Map<string, number>;
  topics: readonly string[];
  seenAt: number;
}

/**
 * One stream for several tabs: a browser opens no more than six connections to an origin over HTTP/1.1, so a
 * seventh tab with a stream of its own would hang. Runs in a `SharedWorker`.
 */
export function createStreamHub(
  connect: (listener: StreamListener) => Connection,
  now: () => number = Date.now,
): { join(port: PortLike): void; close(): void } {
  const tabs = new Map<PortLike, Tab>();
  let phase: Phase = 'idle';
  let overflow: readonly string[] = [];

  const connection = connect((message) => {
    if (message.type === 'phase') phase = message.phase;
    if (message.type === 'overflow') overflow = message.texts;
    for (const [port, tab] of tabs) {
      if (message.type === 'contact' && message.id !== null) advance(tab.queries, message.id);
      if (concerns(message, tab)) port.postMessage(message.type === 'overflow' ? overflowOf(tab) : message);
    }
  });

  function advance(queries: Map<string, number>, id: number): void {
    for (const [text, cursor] of queries) if (cursor < id && !overflow.includes(text)) queries.set(text, id);
  }

  function overflowOf({ queries }: Tab): HubMessage {
    return { type: 'overflow', texts: overflow.filter((text) => queries.has(text)) };
  }

  /**
   * The content of all tabs together, each query and topic once, from the cursor of the tab that is furthest behind.
   */
  function update(): void {
    const all = new Map<string, number>();
    for (const { queries } of tabs.values()) {
      for (const [text, cursor] of queries) all.set(text, Math.min(all.get(text) ?? cursor, cursor));
    }
    const topics = new Set([...tabs.values()].flatMap((tab) => tab.topics));
    connection.setContent({ queries: all, topics: [...topics].sort() });
  }

  function receive(port: PortLike, message: TabMessage): void {
    if (message.type === 'retryNow') connection.retryNow();
    if (message.type === 'content') {
      const { queries, topics } = message;
      if (queries.length === 0 && topics.length === 0) tabs.delete(port);
      else tabs.set(port, { queries: new Map(queries), topics, seenAt: now() });
      update();
    }
    const tab = tabs.get(port);
    if (tab) {
      tab.seenAt = now();
      port.postMessage({ type: 'phase', phase } satisfies HubMessage);
      if (message.type === 'content') port.postMessage(overflowOf(tab));
    } else if (message.type === 'alive') {
      port.postMessage({ type: 'unknown' } satisfies HubMessage);
    }
  }

  const sweep = setInterval(() => {
    const silent = [...tabs].filter(([, { seenAt }]) => now() - seenAt > TAB_TIMEOUT_MS);
    for (const [port] of silent) tabs.delete(port);
    if (silent.length > 0) update();
  }, ALIVE_EVERY_MS);

  return {
    join(port) {
      port.addEventListener('message', ({ data }) => receive(port, data as TabMessage));
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
  if (message.type === 'points') return queries.has(message.text);
  return message.type === 'topic' ? topics.includes(message.event.topic) : true;
}
