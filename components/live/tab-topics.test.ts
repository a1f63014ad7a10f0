import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeEventSource } from '@/test/support/event-source';
import { answerFor, LiveServer } from '@/test/support/live-server';
import { until } from '@/test/support/processes';
import { createConnection } from './connection';
import { createQueryStore } from './query-store';
import { createFeed, type Feed } from './tab-feed';

describe('topics of a tab', () => {
  let server: LiveServer;
  let feed: Feed;

  beforeEach(async () => {
    server = new LiveServer();
    await server.listen();
    feed = createFeed({
      connect: (listener) =>
        createConnection(
          {
            openEventSource: (url) => new NodeEventSource(url),
            path: `${server.url}/api/live`,
            now: Date.now,
          },
          listener,
        ),
      fetch,
      origin: server.url,
    });
  });
  afterEach(async () => {
    feed.connection.close();
    await server.close();
  });

  function listen(topic: string) {
    const received = { events: [] as unknown[], missed: 0 };
    const stop = feed.subscribe(topic, {
      event: (data) => received.events.push(data),
      missed: () => received.missed++,
    });
    return { received, stop };
  }
  const send = async (topic: string, data: unknown) =>
    (await server.stream()).send('topic', { topic, data }, Date.now());
  const state = () => feed.status.getSnapshot().state;

  it('need no query: they alone open the stream, and the last one that goes closes it', async () => {
    const [first, second] = [listen('fleet'), listen('fleet')];
    const { queries, topics } = await server.stream();
    expect({ queries, topics }).toEqual({ queries: [], topics: ['fleet'] });
    await until(() => expect(state()).toBe('live'));
    await send('fleet', { hosts: 3 });
    await until(() => expect(second.received.events).toEqual([{ hosts: 3 }]));
    expect(first.received.events).toEqual([{ hosts: 3 }]);
    first.stop();
    second.stop();
    await until(() => expect(server.streams).toHaveLength(0));
    expect(state()).toBe('idle');
  });

  it('share the stream of the panels', async () => {
    const query = { metric: 'cpu', start: 'now-15m', end: 'now' };
    feed.attach(createQueryStore(query, answerFor(query, [])));
    const { received } = listen('fleet');
    await until(async () => {
      const { queries, topics } = await server.stream();
      expect([queries.length, topics]).toEqual([1, ['fleet']]);
    });
    await send('presence', 'of no interest');
    await send('fleet', 1);
    await until(() => expect(received.events).toEqual([1]));
  });

  it('say that events may have been missed when the stream was lost, and not when it first opens', async () => {
    const { received } = listen('fleet');
    await server.stream();
    await until(() => expect(state()).toBe('live'));
    expect(received.missed).toBe(0);
    server.dropStreams();
    await until(() => expect(state()).toBe('reconnecting'));
    await until(() => expect(received.missed).toBe(1));
    await send('fleet', 2);
    await until(() => expect(received.events).toEqual([2]));
  });

  it('are let go of while the page is hidden', async () => {
    const { received } = listen('fleet');
    await server.stream();
    await until(() => expect(state()).toBe('live'));
    feed.connection.suspend();
    await until(() => expect(server.streams).toHaveLength(0));
    feed.connection.resume();
    expect((await server.stream()).topics).toEqual(['fleet']);
    await until(() => expect(received.missed).toBe(1));
  });
});
