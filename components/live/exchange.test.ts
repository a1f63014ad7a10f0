import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '@/test/support/processes';
import type { Connection, Hear, Phase } from './connection';
import { createExchange, type PortLike } from './exchange';
import { createSharedConnection } from './shared-connection';

/** A connection that records what is wanted of it, and whose events a test sends. */
function recordingConnection() {
  const made = {
    queries: new Map<string, number>(),
    topics: [] as readonly string[],
    tell: (() => {}) as Hear,
    hurried: 0,
    opened: 0,
  };
  const connect = (hear: Hear): Connection => {
    made.tell = hear;
    made.opened++;
    return {
      want({ queries, topics }) {
        made.queries = new Map(queries);
        made.topics = topics;
      },
      hurry() {
        made.hurried++;
      },
      close() {},
    };
  };
  return { made, connect };
}

function recordingTab() {
  const seen = {
    points: [] as string[],
    topics: [] as unknown[],
    phases: [] as Phase[],
    resets: 0,
    overflow: [] as readonly string[],
  };
  const hear: Hear = (message) => {
    if (message.say === 'points') seen.points.push(message.text);
    if (message.say === 'topic') seen.topics.push(message.event.data);
    if (message.say === 'phase') seen.phases.push(message.phase);
    if (message.say === 'reset') seen.resets++;
    if (message.say === 'overflow') seen.overflow = message.texts;
  };
  return { seen, hear };
}

const wanting = (...queries: Array<[string, number]>) => ({ queries: new Map(queries), topics: [] });

/** Node's ports under the browser's names. */
function portLike(port: MessagePort): PortLike {
  return {
    postMessage: (message) => port.postMessage(message),
    addEventListener: (_, listener) => void port.on('message', (data) => listener({ data })),
    start: () => port.start(),
  };
}

describe('tabs that share a stream', () => {
  const ends: Array<() => void> = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    vi.useRealTimers();
  });

  function exchangeWith(now?: () => number) {
    const stream = recordingConnection();
    const exchange = createExchange(stream.connect, now);
    ends.push(() => exchange.close());
    function tab() {
      const { port1, port2 } = new MessageChannel();
      exchange.join(portLike(port1));
      const { seen, hear } = recordingTab();
      const alone = recordingConnection();
      const connection = createSharedConnection(portLike(port2), hear, alone.connect);
      ends.push(() => {
        connection.close();
        port1.close();
      });
      return { connection, seen, alone: alone.made, port: port2 };
    }
    return { stream: stream.made, tab };
  }

  it('are streamed to as one: each query once, from the cursor furthest behind', async () => {
    const { stream, tab } = exchangeWith();
    const [a, b] = [tab(), tab()];
    a.connection.want(wanting(['cpu', 100], ['memory', 100]));
    b.connection.want(wanting(['cpu', 90], ['disk', 120]));
    await until(() =>
      expect(stream.queries).toEqual(
        new Map([
          ['cpu', 90],
          ['memory', 100],
          ['disk', 120],
        ]),
      ),
    );
    expect(stream.opened).toBe(1);

    stream.tell({ say: 'points', text: 'cpu', series: [], id: 130 });
    stream.tell({ say: 'points', text: 'disk', series: [], id: 130 });
    await until(() => expect(b.seen.points).toEqual(['cpu', 'disk']));
    expect(a.seen.points).toEqual(['cpu']);
    stream.tell({ say: 'reset' });
    await until(() => expect([a.seen.resets, b.seen.resets]).toEqual([1, 1]));
  });

  it('leave without taking the others’ queries along, and the stream goes on from where it is', async () => {
    const { stream, tab } = exchangeWith();
    const [a, b] = [tab(), tab()];
    a.connection.want(wanting(['cpu', 100]));
    b.connection.want(wanting(['disk', 100]));
    await until(() => expect(stream.queries.size).toBe(2));
    stream.tell({ say: 'contact', id: 500 });
    b.connection.want(wanting());
    await until(() => expect(stream.queries).toEqual(new Map([['cpu', 500]])));
    expect(b.seen.phases.at(-1)).toBe('idle');
    a.connection.want(wanting());
    await until(() => expect(stream.queries.size).toBe(0));
  });

  it('are told the stream’s phase when they join, and what did not fit', async () => {
    const { stream, tab } = exchangeWith();
    const a = tab();
    a.connection.want(wanting(['cpu', 1]));
    await until(() => expect(stream.queries.size).toBe(1));
    stream.tell({ say: 'phase', phase: 'open' });
    stream.tell({ say: 'overflow', texts: ['disk', 'net'] });
    const b = tab();
    b.connection.want(wanting(['disk', 1]));
    await until(() => expect(b.seen.phases).toEqual(['open']));
    await until(() => expect(b.seen.overflow).toEqual(['disk']));
  });

  it('are told of the topics they want, and of no others', async () => {
    const { stream, tab } = exchangeWith();
    const [a, b] = [tab(), tab()];
    a.connection.want({ queries: new Map(), topics: ['fleet'] });
    b.connection.want({ queries: new Map([['cpu', 1]]), topics: ['presence'] });
    await until(() => expect(stream.topics).toEqual(['fleet', 'presence']));
    stream.tell({ say: 'topic', event: { topic: 'presence', data: 'ada' } });
    stream.tell({ say: 'topic', event: { topic: 'fleet', data: 7 } });
    await until(() => expect([a.seen.topics, b.seen.topics]).toEqual([[7], ['ada']]));
    a.connection.want({ queries: new Map(), topics: [] });
    await until(() => expect(stream.topics).toEqual(['presence']));
  });

  it('are forgotten when they crash', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let time = 0;
    const { stream, tab } = exchangeWith(() => time);
    const crashed = tab();
    crashed.connection.want(wanting(['cpu', 1]));
    await until(() => expect(stream.queries.size).toBe(1));
    crashed.port.close();
    time = 30_000;
    vi.advanceTimersByTime(5_000);
    expect(stream.queries.size).toBe(0);
  });

  it('go on alone when the exchange does not answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { port1 } = new MessageChannel();
    const { hear } = recordingTab();
    const alone = recordingConnection();
    const connection = createSharedConnection(portLike(port1), hear, alone.connect);
    ends.push(() => port1.close());
    connection.want(wanting(['cpu', 7]));
    expect(alone.made.opened).toBe(0);
    vi.advanceTimersByTime(3_500);
    expect(alone.made.queries).toEqual(new Map([['cpu', 7]]));
    connection.want(wanting(['disk', 8]));
    expect(alone.made.queries).toEqual(new Map([['disk', 8]]));
  });
});
