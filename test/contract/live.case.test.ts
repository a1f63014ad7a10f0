import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GroupPoints } from '@/lib/model/points';
import type { StreamEvent } from '../support/live-reader';
import { type Client, expectError } from './client';
import { type EventStream, openEventStream } from './event-stream';

/** What a viewer may rely on, on any front. That it is quick, the benchmarks show. */
export function liveContract(connect: () => Client): void {
  let client: Client;
  let metric: string;
  const streams: EventStream[] = [];
  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    metric = client.freshName();
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });

  async function open(
    queries: Array<Record<string, string>>,
    { lastEventId, ...others }: Record<string, string> = {},
  ): Promise<EventStream> {
    const search = new URLSearchParams(others);
    for (const query of queries) search.append('q', new URLSearchParams({ metric, ...query }).toString());
    const headers: Record<string, string> = lastEventId ? { 'last-event-id': lastEventId } : {};
    const stream = await openEventStream(`${client.url}/api/live?${search}`, headers);
    streams.push(stream);
    return stream;
  }

  const seriesOf = ({ data }: StreamEvent) => (data as { series: GroupPoints[] }).series;
  const hasValue = (value: number) => (event: StreamEvent) =>
    event.event === 'points' &&
    seriesOf(event).some(({ points }) => points.some((point) => point[1] === value));

  test('a stream of events that nothing on the way keeps or changes', async () => {
    const stream = await open([{ step: '1s' }]);
    const { response } = stream;
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('content-encoding')).toBeNull();
    const status = await stream.next(({ event }) => event === 'status');
    expect(status.data).toMatchObject({ state: 'live', tier: 'ring', lagMs: expect.any(Number) });
    expect(stream.text.startsWith('retry: 1000\n\n')).toBe(true);
  });

  test('sends what is posted, in each query it concerns', async () => {
    const stream = await open([
      { step: '1m', aggregate: 'sum', by: 'host' },
      { metric: 'nobody_has_this' },
      { step: 'raw' },
      { step: '1m', aggregate: 'sum(last),p50,rate' },
    ]);
    const timestamp = Date.now();
    await client.accepted([
      { name: metric, value: 41, timestamp, labels: { host: 'a' } },
      { name: metric, value: 42, timestamp: timestamp + 1, labels: { host: 'b' } },
    ]);
    const grouped = await stream.next(
      (event) => hasValue(41)(event) && (event.data as { q: number }).q === 0,
    );
    const start = Math.floor(timestamp / 60_000) * 60_000;
    expect(seriesOf(grouped)).toEqual([
      { labels: { host: 'a' }, points: [[start, 41]] },
      { labels: { host: 'b' }, points: [[start, 42]] },
    ]);
    const staged = await stream.next((event) => (event.data as { q?: number }).q === 3);
    expect(seriesOf(staged)).toEqual([{ labels: {}, points: [[start, 83, 41.5, null]] }]);
    const raw = await stream.next((event) => hasValue(41)(event) && (event.data as { q: number }).q === 2);
    expect(seriesOf(raw)).toEqual([
      {
        labels: {},
        points: [
          [timestamp, 41],
          [timestamp + 1, 42],
        ],
      },
    ]);
    expect(Number(raw.id)).toBeGreaterThanOrEqual(timestamp);
  });

  test('a late sample comes as an upsert of its old point', async () => {
    const old = Date.now() - 300_000;
    await client.accepted({ name: metric, value: 10, timestamp: old });
    const stream = await open([{ step: 'raw', aggregate: 'last' }]);
    await client.accepted({ name: metric, value: 77, timestamp: old + 5 });
    expect(seriesOf(await stream.next(hasValue(77)))).toEqual([{ labels: {}, points: [[old + 5, 77]] }]);
  });

  test('what was before is sent when it becomes due, though nothing is posted', async () => {
    const at = Date.now();
    await client.accepted({ name: metric, value: 31, timestamp: at });
    const stream = await open([{ step: '1s', offset: '3s' }]);
    const sent = await stream.next(hasValue(31));
    const due = Math.floor((at + 3_000) / 1_000) * 1_000;
    expect(seriesOf(sent)[0].points.find((point) => point[1] === 31)?.[0]).toBe(due);
    expect(Date.now()).toBeGreaterThan(due);
  });

  test('a change of either side sends the point, and one that is there no longer is removed', async () => {
    const other = client.freshName();
    const at = Math.floor(Date.now() / 1_000) * 1_000 - 10_000;
    await client.accepted([
      { name: metric, value: 10, timestamp: at },
      { name: other, value: 4, timestamp: at },
    ]);
    const stream = await open([{ step: '1s', aggregate: 'sum', expression: 'a / b', 'b.metric': other }]);
    await client.accepted({ name: metric, value: 10, timestamp: at + 1 });
    await stream.next(hasValue(5));
    await client.accepted({ name: other, value: 6, timestamp: at + 1 });
    await stream.next(hasValue(2));
    await client.accepted({ name: other, value: -10, timestamp: at + 2 });
    const gone = await stream.next(
      (event) => event.event === 'points' && JSON.stringify(seriesOf(event)).includes('null'),
    );
    expect(seriesOf(gone)).toEqual([{ labels: {}, points: [[at, null]] }]);
  });

  test('a late sample changes what is filled around it', async () => {
    const at = Math.floor(Date.now() / 1_000) * 1_000 - 10_000;
    await client.accepted([
      { name: metric, value: 10, timestamp: at },
      { name: metric, value: 40, timestamp: at + 3_000 },
    ]);
    const stream = await open([{ step: '1s', fill: 'previous' }]);
    await client.accepted({ name: metric, value: 20, timestamp: at + 1_000 });
    expect(seriesOf(await stream.next(hasValue(20)))).toEqual([
      {
        labels: {},
        points: [
          [at, 10],
          [at + 1_000, 20],
          [at + 2_000, 20],
        ],
      },
    ]);
  });

  test('goes on where a history answer ended', async () => {
    await client.accepted({ name: metric, value: 1 });
    const { body } = await client.get(`/api/metrics/${metric}?step=1s`);
    await client.accepted({ name: metric, value: 2, timestamp: Date.now() + 1 });
    const stream = await open([{ step: '1s', aggregate: 'max' }], {
      cursor: String((body as { cursor: number }).cursor),
    });
    await stream.next(hasValue(2));
  });

  test('goes on after a break from the last event, whatever the URL says', async () => {
    const first = await open([{ step: 'raw' }]);
    await client.accepted({ name: metric, value: 1 });
    const { id } = await first.next(hasValue(1));
    first.close();
    await client.accepted({ name: metric, value: 2, timestamp: Date.now() + 1 });
    const second = await open([{ step: 'raw' }], { lastEventId: id ?? '', cursor: '1' });
    await second.next(hasValue(2));
    expect(second.events.filter(({ event }) => event === 'reset')).toEqual([]);
  });

  test('resets a reader that was away too long', async () => {
    const stream = await open([{ step: '1s' }], { cursor: '1000' });
    const { data } = await stream.next(({ event }) => event === 'reset');
    expect(data).toEqual({ reason: 'cursor_too_old' });
    await client.accepted({ name: metric, value: 5 });
    await stream.next(hasValue(5));
  });

  test('sends events of a topic, with or without queries beside it', async () => {
    const stream = await openEventStream(`${client.url}/api/live?topic=fleet`);
    streams.push(stream);
    const { data } = await stream.next(({ event }) => event === 'topic');
    expect(data).toEqual({
      topic: 'fleet',
      data: { now: expect.any(Number), hosts: expect.any(Number), series: expect.any(Number) },
    });
    const both = await open([{ step: 'raw' }], { topic: 'fleet' });
    await client.accepted({ name: metric, value: 3 });
    await both.next(hasValue(3));
    await both.next(({ event }) => event === 'topic');
  });

  describe('refuses in the error shape, before it begins,', () => {
    test.each([
      ['no query', '', 'bad_parameter'],
      ['an unknown topic', 'topic=nobody-knows-this', 'bad_parameter'],
      ['a bad query', 'q=metric%3Dcpu%26step%3D0s', 'bad_parameter'],
      ['a step too fine', 'q=metric%3Dcpu%26start%3Dnow-7d%26step%3D1s', 'too_many_points'],
      ['a tick too short', 'q=metric%3Dcpu&tick=49', 'bad_parameter'],
      ['a bad cursor', 'q=metric%3Dcpu&cursor=now', 'bad_parameter'],
      ['too many queries', Array(65).fill('q=metric%3Dcpu').join('&'), 'bad_parameter'],
    ])('%s', async (_, query, code) => {
      expectError(await client.get(`/api/live?${query}`), 400, code);
    });
  });

  test('a reader that leaves is forgotten', async () => {
    const open20 = await Promise.all(Array.from({ length: 20 }, () => open([{ step: '1s' }])));
    for (const stream of open20) stream.close();
    const count = async () => {
      const { body } = await client.get('/metrics', { accept: 'text/plain' });
      return Number(/^pulseboard_live_streams (\d+)$/m.exec(String(body))?.[1]);
    };
    while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await count()).toBe(0);
  });
}
