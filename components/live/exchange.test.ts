import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '@/test/support/processes';
import type { Connection, ConnectionEvents, Phase } from './connection';
import { createExchange, type PortLike } from './exchange';
import { createSharedConnection } from './shared-connection';

/** A connection that records what is wanted of it, and whose events a test sends. */
function recordingConnection() {
  const made = {
    queries: new Map<string, number>(),
    events: null as ConnectionEvents | null,
    hurried: 0,
    opened: 0,
  };
  const connect = (events: ConnectionEvents): Connection => {
    made.events = events;
    made.opened++;
    return {
      setQueries(queries) {
        made.queries = new Map(queries);
      },
      hurry() {
        made.hurried++;
      },
      close() {},
    };
  };
  return { made, connect };
}

function recordingEvents() {
  const seen = { points: [] as string[], phases: [] as Phase[], resets: 0, overflow: [] as string[] };
  const events: ConnectionEvents = {
    points: (text) => seen.points.push(text),
    status() {},
    reset() {
      seen.resets++;
    },
    contact() {},
    phase: (phase) => seen.phases.push(phase),
    refused() {},
    overflow(texts) {
      seen.overflow = [...texts];
    },
  };
  return { seen, events };
}

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
      const { seen, events } = recordingEvents();
      const alone = recordingConnection();
      const connection = createSharedConnection(portLike(port2), events, alone.connect);
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
    a.connection.setQueries(
      new Map([
        ['cpu', 100],
        ['memory', 100],
      ]),
    );
    b.connection.setQueries(
      new Map([
        ['cpu', 90],
        ['disk', 120],
      ]),
    );
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

    stream.events!.points('cpu', [], 130);
    stream.events!.points('disk', [], 130);
    await until(() => expect(b.seen.points).toEqual(['cpu', 'disk']));
    expect(a.seen.points).toEqual(['cpu']);
    stream.events!.reset();
    await until(() => expect([a.seen.resets, b.seen.resets]).toEqual([1, 1]));
  });

  it('leave without taking the others’ queries along, and the stream goes on from where it is', async () => {
    const { stream, tab } = exchangeWith();
    const [a, b] = [tab(), tab()];
    a.connection.setQueries(new Map([['cpu', 100]]));
    b.connection.setQueries(new Map([['disk', 100]]));
    await until(() => expect(stream.queries.size).toBe(2));
    stream.events!.contact(500);
    b.connection.setQueries(new Map());
    await until(() => expect(stream.queries).toEqual(new Map([['cpu', 500]])));
    expect(b.seen.phases.at(-1)).toBe('idle');
    a.connection.setQueries(new Map());
    await until(() => expect(stream.queries.size).toBe(0));
  });

  it('are told the stream’s phase when they join, and what did not fit', async () => {
    const { stream, tab } = exchangeWith();
    const a = tab();
    a.connection.setQueries(new Map([['cpu', 1]]));
    await until(() => expect(stream.queries.size).toBe(1));
    stream.events!.phase('open');
    stream.events!.overflow(['disk', 'net']);
    const b = tab();
    b.connection.setQueries(new Map([['disk', 1]]));
    await until(() => expect(b.seen.phases).toEqual(['open']));
    await until(() => expect(b.seen.overflow).toEqual(['disk']));
  });

  it('are forgotten when they crash', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let time = 0;
    const { stream, tab } = exchangeWith(() => time);
    const crashed = tab();
    crashed.connection.setQueries(new Map([['cpu', 1]]));
    await until(() => expect(stream.queries.size).toBe(1));
    crashed.port.close();
    time = 30_000;
    vi.advanceTimersByTime(5_000);
    expect(stream.queries.size).toBe(0);
  });

  it('go on alone when the exchange does not answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { port1 } = new MessageChannel();
    const { events } = recordingEvents();
    const alone = recordingConnection();
    const connection = createSharedConnection(portLike(port1), events, alone.connect);
    ends.push(() => port1.close());
    connection.setQueries(new Map([['cpu', 7]]));
    expect(alone.made.opened).toBe(0);
    vi.advanceTimersByTime(3_500);
    expect(alone.made.queries).toEqual(new Map([['cpu', 7]]));
    connection.setQueries(new Map([['disk', 8]]));
    expect(alone.made.queries).toEqual(new Map([['disk', 8]]));
  });
});
