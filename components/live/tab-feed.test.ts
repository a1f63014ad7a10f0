import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupPoints, Point } from '@/lib/model/points';
import type { Query } from '@/lib/model/wire/query';
import { NodeEventSource } from '@/test/support/event-source';
import { answerFor, LiveServer } from '@/test/support/live-server';
import { until } from '@/test/support/processes';
import { createConnection } from './connection';
import { createQueryStore, type QueryStore } from './query-store';
import { createFeed, type Feed } from './tab-feed';

const query = (metric: string): Query => ({ metric, start: 'now-15m', end: 'now' });
const group = (...points: Point[]): GroupPoints[] => [{ labels: {}, points }];
const second = (offset = 0) => Math.floor(Date.now() / 1_000) * 1_000 + offset * 1_000;

describe('the feed of a tab', () => {
  let server: LiveServer;
  let feed: Feed;
  let skewMs: number;
  let signedOut: number;

  beforeEach(async () => {
    skewMs = 0;
    signedOut = 0;
    server = new LiveServer();
    await server.listen();
    feed = createFeed({
      connect: (listener) => createConnection(connectionOptions(), listener),
      fetch,
      onSignedOut: () => signedOut++,
      now: () => Date.now() + skewMs,
      origin: server.url,
    });
  });
  afterEach(async () => {
    feed.connection.close();
    await server.close();
  });

  function connectionOptions() {
    return {
      openEventSource: (url: string) => new NodeEventSource(url),
      path: `${server.url}/api/live`,
      now: () => Date.now() + skewMs,
    };
  }
  function storeOf(metric: string, cursor = Date.now()): QueryStore {
    return createQueryStore(query(metric), answerFor(query(metric), [], cursor));
  }
  const values = (store: QueryStore) =>
    store.view.getSnapshot().series.flatMap(({ points }) => points.map(([, v]) => v));
  const state = () => feed.status.getSnapshot().state;

  it('opens one stream for all panels, from the oldest cursor, and folds each event into its query', async () => {
    const now = Date.now();
    const cpu = storeOf('cpu', now - 500);
    const memory = storeOf('memory', now - 900);
    feed.attach(cpu);
    feed.attach(memory);
    const stream = await server.stream();
    expect(stream.queries.map((text) => new URLSearchParams(text).get('metric'))).toEqual(['cpu', 'memory']);
    expect(new URLSearchParams(stream.queries[0]).get('step')).toBe('1s');
    expect(stream.cursor).toBe(now - 900);

    stream.send('points', { q: 1, series: group([second(), 7]) }, now);
    await until(() => expect(values(memory)).toEqual([7]));
    expect(values(cpu)).toEqual([]);
    expect(state()).toBe('live');
    expect(feed.status.getSnapshot().lagMs).toBeGreaterThanOrEqual(0);
  });

  it('carries equal queries once, and streams to both panels', async () => {
    const first = storeOf('cpu');
    const second_ = storeOf('cpu');
    feed.attach(first);
    feed.attach(second_);
    const stream = await server.stream();
    expect(stream.queries).toHaveLength(1);
    stream.send('points', { q: 0, series: group([second(), 1]) }, Date.now());
    await until(() => expect(values(second_)).toEqual([1]));
    expect(values(first)).toEqual([1]);
  });

  it('replays for a panel that joins a running query with an older answer', async () => {
    const first = storeOf('cpu');
    feed.attach(first);
    const stream = await server.stream();
    stream.send('points', { q: 0, series: group([second(), 1]) }, Date.now());
    await until(() => expect(values(first)).toEqual([1]));
    const before = Date.now() - 3_000;
    feed.attach(storeOf('cpu', before));
    await until(async () => expect((await server.stream()).cursor).toBe(before));
  });

  it('re-opens when the set changes, once for a burst, and closes with the last panel', async () => {
    const attachments = ['a', 'b', 'c'].map((name) => feed.attach(storeOf(name)));
    expect((await server.stream()).queries).toHaveLength(3);
    await until(() => expect(state()).toBe('live'));
    attachments[0].detach();
    attachments[1].detach();
    await until(async () => expect((await server.stream()).queries).toHaveLength(1));
    expect(state()).toBe('live');
    attachments[2].detach();
    await until(() => expect(server.streams).toHaveLength(0));
    expect(state()).toBe('idle');
  });

  it('comes back after a lost connection with the newest cursor, also when the server first refuses', async () => {
    const store = storeOf('cpu', Date.now() - 5_000);
    feed.attach(store);
    const stream = await server.stream();
    const id = Date.now();
    stream.send('points', { q: 0, series: group([second(), 1]) }, id);
    await until(() => expect(values(store)).toEqual([1]));

    // A 503 ends a browser's EventSource for good.
    server.refuseStreams = 503;
    server.dropStreams();
    await until(() => expect(state()).toBe('reconnecting'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(signedOut).toBe(0);
    server.refuseStreams = false;
    const again = await server.stream();
    expect(again.cursor).toBe(id);
    await until(() => expect(state()).toBe('live'));
  });

  it('survives a server that is gone and returns on the same port', async () => {
    const store = storeOf('cpu');
    feed.attach(store);
    await server.stream();
    await server.close();
    await until(() => expect(state()).toBe('reconnecting'));
    await server.listen();
    const stream = await server.stream();
    stream.send('points', { q: 0, series: group([second(), 5]) }, Date.now());
    await until(() => expect(values(store)).toEqual([5]));
    expect(state()).toBe('live');
  });

  it('says stale when the server has been away for long', async () => {
    feed.attach(storeOf('cpu'));
    await server.stream();
    server.refuseStreams = 503;
    server.dropStreams();
    await until(() => expect(state()).toBe('reconnecting'));
    skewMs = 11_000;
    await until(() => expect(state()).toBe('stale'));
  });

  it('reads history again on reset, and keeps what the stream says meanwhile', async () => {
    const store = storeOf('cpu');
    feed.attach(store);
    const stream = await server.stream();
    const t = second();
    server.answer = (asked) => {
      // Sent after the server has made its answer, before the browser has it.
      const cursor = Date.now();
      stream.send('points', { q: 0, series: group([t, 9]) }, cursor + 1);
      return answerFor(asked, group([t - 2_000, 1], [t - 1_000, 2], [t, 3]), cursor);
    };
    stream.send('reset', { reason: 'cursor_too_old' });
    await until(() => expect(values(store)).toEqual([1, 2, 9]));
    expect(server.reads).toHaveLength(1);
    expect(server.reads[0][0]).toMatchObject({ metric: 'cpu', step: '1s' });
  });

  it('keeps trying to read history, and says so on the panel', async () => {
    const store = storeOf('cpu');
    feed.attach(store);
    const stream = await server.stream();
    server.readStatus = 503;
    stream.send('reset', { reason: 'cursor_too_old' });
    await until(() => expect(store.view.getSnapshot().problem).toMatch(/503/));
    server.readStatus = 200;
    server.answer = (asked) => answerFor(asked, group([second(), 4]));
    await until(() => expect(values(store)).toEqual([4]));
    expect(store.view.getSnapshot().problem).toBeNull();
  });

  it('holds no connection while the page is hidden, and replays a short absence from the cursor', async () => {
    const cursor = Date.now();
    feed.attach(storeOf('cpu', cursor));
    await server.stream();
    feed.connection.suspend();
    await until(() => expect(server.streams).toHaveLength(0));
    feed.connection.resume();
    expect((await server.stream()).cursor).toBe(cursor);
    expect(server.reads).toHaveLength(0);
  });

  it('after a long absence reads history first and streams from its cursor', async () => {
    const store = storeOf('cpu');
    feed.attach(store);
    await server.stream();
    feed.connection.suspend();
    await until(() => expect(server.streams).toHaveLength(0));
    skewMs = 120_000;
    server.answer = (asked) => answerFor(asked, group([second(), 8]), Date.now() + 120_000);
    feed.connection.resume();
    const stream = await server.stream();
    expect(server.reads).toHaveLength(1);
    expect(values(store)).toEqual([8]);
    expect(stream.cursor).toBe(store.stream.cursor());
  });

  it('streams the 64 panels that are in view and polls the rest', async () => {
    const attachments = Array.from({ length: 70 }, (_, i) => feed.attach(storeOf(`m${i}`)));
    for (const attachment of attachments.slice(0, 6)) attachment.setInView(false);
    await until(async () =>
      expect((await server.stream()).queries).toContain('metric=m69&start=now-15m&end=now&step=1s'),
    );
    expect((await server.stream()).queries).toHaveLength(64);
    await until(() => expect(server.reads.flat().map(({ metric }) => metric)).toContain('m0'));
    expect(server.reads.flat()).toHaveLength(6);
  });

  it('notices that the session has ended', async () => {
    feed.attach(storeOf('cpu'));
    await server.stream();
    server.refuseStreams = 401;
    server.dropStreams();
    await until(() => expect(signedOut).toBe(1));
  });

  it('says what the server says about itself', async () => {
    feed.attach(storeOf('cpu'));
    const stream = await server.stream();
    stream.send('status', { state: 'degraded', reason: 'redis_unreachable' });
    await until(() => expect(feed.status.getSnapshot().degraded).toBe('redis_unreachable'));
    stream.send('status', { state: 'live' });
    await until(() => expect(feed.status.getSnapshot().degraded).toBeNull());
  });

  it('follows the server’s clock when the two differ', async () => {
    feed.attach(storeOf('cpu'));
    const stream = await server.stream();
    skewMs = -3_600_000;
    await until(() => {
      for (let i = 0; i < 40; i++) stream.send('points', { q: 0, series: [] }, Date.now());
      expect(Math.abs(feed.clock.now() - Date.now())).toBeLessThan(500);
    });
  });
});
