import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '@/test/support/processes';
import type { Connection, Phase, StreamListener } from './connection';
import { createSharedConnection } from './shared-connection';
import { createStreamHub, type PortLike } from './stream-hub';

/** A connection that records the content that is set, and whose events a test sends. */
function recordingConnection() {
  const made = {
    queries: new Map<string, number>(),
    topics: [] as readonly string[],
    send: (() => {}) as StreamListener,
    hurried: 0,
    opened: 0,
  };
  const connect = (listener: StreamListener): Connection => {
    made.send = listener;
    made.opened++;
    return {
      setContent({ queries, topics }) {
        made.queries = new Map(queries);
        made.topics = topics;
      },
      retryNow() {
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
  const listener: StreamListener = (message) => {
    if (message.type === 'points') seen.points.push(message.text);
    if (message.type === 'topic') seen.topics.push(message.event.data);
    if (message.type === 'phase') seen.phases.push(message.phase);
    if (message.type === 'reset') seen.resets++;
    if (message.type === 'overflow') seen.overflow = message.texts;
  };
  return { seen, listener };
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

  function hubWith(now?: () => number) {
    const stream = recordingConnection();
    const hub = createStreamHub(stream.connect, now);
    ends.push(() => hub.close());
    function tab() {
      const { port1, port2 } = new MessageChannel();
      hub.join(portLike(port1));
      const { seen, listener } = recordingTab();
      const alone = recordingConnection();
      const connection = createSharedConnection(portLike(port2), listener, alone.connect);
      ends.push(() => {
        connection.close();
        port1.close();
      });
      return { connection, seen, alone: alone.made, port: port2 };
    }
    return { stream: stream.made, tab };
  }

  it('are streamed to as one: each query once, from the cursor furthest behind', async () => {
    const { stream, tab } = hubWith();
    const [a, b] = [tab(), tab()];
    a.connection.setContent(wanting(['cpu', 100], ['memory', 100]));
    b.connection.setContent(wanting(['cpu', 90], ['disk', 120]));
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

    stream.send({ type: 'points', text: 'cpu', series: [], id: 130 });
    stream.send({ type: 'points', text: 'disk', series: [], id: 130 });
    await until(() => expect(b.seen.points).toEqual(['cpu', 'disk']));
    expect(a.seen.points).toEqual(['cpu']);
    stream.send({ type: 'reset' });
    await until(() => expect([a.seen.resets, b.seen.resets]).toEqual([1, 1]));
  });

  it('leave without taking the others’ queries along, and the stream goes on from where it is', async () => {
    const { stream, tab } = hubWith();
    const [a, b] = [tab(), tab()];
    a.connection.setContent(wanting(['cpu', 100]));
    b.connection.setContent(wanting(['disk', 100]));
    await until(() => expect(stream.queries.size).toBe(2));
    stream.send({ type: 'contact', id: 500 });
    b.connection.setContent(wanting());
    await until(() => expect(stream.queries).toEqual(new Map([['cpu', 500]])));
    expect(b.seen.phases.at(-1)).toBe('idle');
    a.connection.setContent(wanting());
    await until(() => expect(stream.queries.size).toBe(0));
  });

  it('receive the stream’s phase when they join, and what did not fit', async () => {
    const { stream, tab } = hubWith();
    const a = tab();
    a.connection.setContent(wanting(['cpu', 1]));
    await until(() => expect(stream.queries.size).toBe(1));
    stream.send({ type: 'phase', phase: 'open' });
    stream.send({ type: 'overflow', texts: ['disk', 'net'] });
    const b = tab();
    b.connection.setContent(wanting(['disk', 1]));
    await until(() => expect(b.seen.phases).toEqual(['open']));
    await until(() => expect(b.seen.overflow).toEqual(['disk']));
  });

  it('receive the topics they subscribe to, and no others', async () => {
    const { stream, tab } = hubWith();
    const [a, b] = [tab(), tab()];
    a.connection.setContent({ queries: new Map(), topics: ['fleet'] });
    b.connection.setContent({ queries: new Map([['cpu', 1]]), topics: ['presence'] });
    await until(() => expect(stream.topics).toEqual(['fleet', 'presence']));
    stream.send({ type: 'topic', event: { topic: 'presence', data: 'ada' } });
    stream.send({ type: 'topic', event: { topic: 'fleet', data: 7 } });
    await until(() => expect([a.seen.topics, b.seen.topics]).toEqual([[7], ['ada']]));
    a.connection.setContent({ queries: new Map(), topics: [] });
    await until(() => expect(stream.topics).toEqual(['presence']));
  });

  it('are forgotten when they crash', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let time = 0;
    const { stream, tab } = hubWith(() => time);
    const crashed = tab();
    crashed.connection.setContent(wanting(['cpu', 1]));
    await until(() => expect(stream.queries.size).toBe(1));
    crashed.port.close();
    time = 30_000;
    vi.advanceTimersByTime(5_000);
    expect(stream.queries.size).toBe(0);
  });

  it('go on alone when the hub does not answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { port1 } = new MessageChannel();
    const { listener } = recordingTab();
    const alone = recordingConnection();
    const connection = createSharedConnection(portLike(port1), listener, alone.connect);
    ends.push(() => port1.close());
    connection.setContent(wanting(['cpu', 7]));
    expect(alone.made.opened).toBe(0);
    vi.advanceTimersByTime(3_500);
    expect(alone.made.queries).toEqual(new Map([['cpu', 7]]));
    connection.setContent(wanting(['disk', 8]));
    expect(alone.made.queries).toEqual(new Map([['disk', 8]]));
  });
});
