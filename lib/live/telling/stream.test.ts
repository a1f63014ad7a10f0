import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveReader } from '@/test/support/live-reader';
import { startTestNode, type TestNode } from '@/test/support/node';
import { until } from '@/test/support/processes';
import type { GroupPoints } from '../../model/points';
import { DAY, MINUTE, SECOND } from '../../model/time/duration';
import { parseQuery } from '../../read/query/params';

let server: Awaited<ReturnType<typeof startTestNode>>;
let node: TestNode;
let metric: string;
let metricNumber = 0;

beforeAll(async () => {
  server = await startTestNode();
});
beforeEach(async () => {
  node = await server.start();
  metric = `stream_${metricNumber++}`;
});
afterEach(() => node.stop());
afterAll(() => server.close());

const { advance, now } = {
  advance: (ms: number) => server.clock.advance(ms),
  now: () => server.clock.now(),
};

function open(
  query: Record<string, string>,
  stream: Record<string, string> = {},
  lastEventId: string | null = null,
) {
  const q = new URLSearchParams({ metric, ...query }).toString();
  return LiveReader.open(node.live, new URLSearchParams({ q, ...stream }), lastEventId);
}

const sample = (value: number, labels: Record<string, string> = {}, timestamp = now()) => ({
  name: metric,
  labels,
  timestamp,
  value,
});

const seriesOf = (reader: LiveReader) =>
  reader.eventsOf('points').map(({ data }) => (data as { series: GroupPoints[] }).series);

describe('a thousand at once', () => {
  it('who ask the same, and whom a lost connection brings back, ask the database a few times', async () => {
    const old = now() - 60 * MINUTE;
    const query = { step: 'minute', start: 'now-2h' };
    await node.write(sample(1, {}, old));
    const watching = await open(query);
    await advance(5_000);
    await node.write(sample(3, {}, old + 1));
    await advance(2_000);
    const reads = vi.spyOn(server.store, 'readPoints');
    try {
      const params = parseQuery({ metric, ...query });
      const answers = await Promise.all(Array.from({ length: 1_000 }, () => node.history.answer(params)));
      for (const { series } of answers) expect(series[0].points).toEqual([[old - (old % MINUTE), 2]]);
      expect(reads.mock.calls.length).toBeLessThanOrEqual(2);

      reads.mockClear();
      const cursors = Array.from({ length: 900 }, (_, i) => String(now() - 3_000 + i));
      const readers = await Promise.all(cursors.map((cursor) => open(query, {}, cursor)));
      await advance(0);
      await server.idle();
      await advance(1_000);
      for (const { points } of readers) expect(points).toContainEqual([old - (old % MINUTE), 2]);
      expect(reads.mock.calls.length).toBeLessThanOrEqual(2);
      for (const reader of readers) reader.leave();
    } finally {
      reads.mockRestore();
      watching.leave();
    }
  });
});

describe('a stream', () => {
  it('begins with how long to wait before reconnecting, and its status', async () => {
    const reader = await open({ step: '1s' });
    expect(reader.writes).toEqual([
      `retry: 1000\n\nid: ${now()}\nevent: status\ndata: {"state":"live","tier":"ring","lagMs":0}\n\n`,
    ]);
  });

  it('tells a change after a quiet spell at once', async () => {
    const reader = await open({ step: '1s' });
    await advance(5_000);
    await node.write(sample(7));
    await advance(0);
    expect(reader.points).toEqual([[now() - (now() % SECOND), 7]]);
    expect(reader.lastEventId).toBe(String(now()));
  });

  it('tells further changes together, a tick after its last write', async () => {
    const reader = await open({ step: 'raw' }, { tick: '1000' });
    const t = now();
    await node.write(sample(1, {}, t));
    await advance(0);
    await node.write(sample(2, {}, t + 1));
    await advance(400);
    await node.write(sample(3, {}, t + 2));
    await advance(599);
    expect(reader.eventsOf('points')).toHaveLength(1);
    await advance(1);
    expect(seriesOf(reader)[1]).toEqual([
      {
        labels: {},
        points: [
          [t + 1, 2],
          [t + 2, 3],
        ],
      },
    ]);
    await advance(10_000);
    expect(reader.eventsOf('points')).toHaveLength(2);
  });

  it('writes all its queries at once, each with its number', async () => {
    const search = new URLSearchParams();
    for (const aggregate of ['sum', 'count', 'avg']) {
      search.append('q', new URLSearchParams({ metric, aggregate, step: '1m' }).toString());
    }
    search.append('q', 'metric=another');
    const reader = await LiveReader.open(node.live, search, null);
    await node.write(sample(2), sample(4, { host: 'b' }));
    await advance(0);
    expect(reader.writes).toHaveLength(2);
    const told = reader.eventsOf('points').map(({ data }) => data as { q: number; series: GroupPoints[] });
    expect(told.map(({ q, series }) => [q, series[0].points[0][1]])).toEqual([
      [0, 6],
      [1, 2],
      [2, 3],
    ]);
  });

  it('tells only the groups that changed, and takes in series that did not exist when it began', async () => {
    const reader = await open({ by: 'host', match: '{host!="hidden"}', step: '1m' });
    await node.write(sample(1, { host: 'a' }), sample(9, { host: 'hidden' }));
    await advance(1_000);
    await node.write(sample(2, { host: 'b', env: 'x' }));
    await advance(1_000);
    await node.write(sample(5, { host: 'b', env: 'y' }));
    await advance(1_000);
    expect(
      seriesOf(reader).map((series) => series.map(({ labels, points }) => [labels, points[0][1]])),
    ).toEqual([[[{ host: 'a' }, 1]], [[{ host: 'b' }, 2]], [[{ host: 'b' }, 3.5]]]);
  });

  it('tells a late sample as a change of its old point', async () => {
    await node.write(sample(10, {}, now() - 5 * MINUTE));
    const reader = await open({ step: '1m', aggregate: 'sum' });
    await node.write(sample(5, {}, now() - 5 * MINUTE + 1));
    await advance(0);
    expect(reader.points.map(([, sum]) => sum)).toContain(15);
  });

  it('tells what was before when it becomes due, though nothing is written', async () => {
    const at = now() - (now() % SECOND);
    await node.write(sample(31, {}, at));
    const reader = await open({ step: '1s', offset: '3s' }, { tick: '50' });
    await node.write(sample(32, {}, at + 1));
    await advance(1_000);
    expect(reader.points).toEqual([]);
    for (let i = 0; i < 4; i++) {
      await advance(1_000);
      await server.idle();
    }
    expect(reader.points).toEqual([[at + 3_000, 31.5]]);
    // Late in the past, and so at once.
    await node.write(sample(33, {}, at + 2));
    await advance(50);
    expect(reader.points.at(-1)).toEqual([at + 3_000, 32]);
  });

  it('tells a point when either side of it changes, and takes back one that is no longer', async () => {
    const at = now() - (now() % SECOND) - 10_000;
    const other = (value: number, timestamp: number) => ({
      ...sample(value, {}, timestamp),
      name: `${metric}_b`,
    });
    await node.write(sample(10, {}, at), other(4, at));
    const asked = { step: '1s', aggregate: 'sum', expression: 'a / b', 'b.metric': `${metric}_b` };
    const reader = await open(asked, { tick: '50' });
    const told = async () => {
      await advance(50);
      return reader.points.at(-1);
    };
    await node.write(sample(10, {}, at + 1));
    expect(await told()).toEqual([at, 5]);
    await node.write(other(6, at + 1));
    expect(await told()).toEqual([at, 2]);
    await node.write(other(-10, at + 2));
    expect(await told()).toEqual([at, null]);
    await node.write(other(5, at + 3));
    expect(await told()).toEqual([at, 4]);
  });

  it('takes back what was filled behind a point that leaves its range', async () => {
    const at = now() - (now() % SECOND);
    await node.write(sample(1, {}, at - 9_000), sample(5, {}, at - 5_000));
    const reader = await open({ step: '1s', start: 'now-10s', fill: 'previous' }, { tick: '50' });
    await advance(2_500);
    await server.idle();
    await advance(50);
    expect(reader.points).toEqual([
      [at - 8_000, null],
      [at - 7_000, null],
      [at - 6_000, null],
    ]);
  });

  it('names the groups that rank by the whole range, in order, when that changes', async () => {
    const t = now() - (now() % MINUTE);
    await node.write(sample(1, { host: 'a' }, t - MINUTE), sample(9, { host: 'b' }, t - MINUTE));
    const ranks = async (reader: LiveReader) => {
      for (let i = 0; i < 12; i++) {
        await advance(1_000);
        await server.idle();
      }
      const last = seriesOf(reader).findLast((series) => series.some((group) => 'rank' in group));
      return last?.filter((group) => 'rank' in group).map(({ labels }) => labels.host);
    };
    const reader = await open({ by: 'host', top: '2', rank: 'range', aggregate: 'max', step: '1m' });
    expect(await ranks(reader)).toEqual(['b', 'a']);
    await node.write(sample(20, { host: 'c' }, t - 2 * MINUTE));
    expect(await ranks(reader)).toEqual(['c', 'b']);
  });

  it('ignores samples from before its range', async () => {
    const reader = await open({ step: '1m', start: 'now-10m' });
    await node.write(sample(1, {}, now() - 30 * MINUTE));
    await advance(2_000);
    await server.idle();
    await advance(2_000);
    expect(reader.eventsOf('points')).toEqual([]);
  });

  it('tells the point after a late one, too, where growth is counted between them', async () => {
    const t = now() - (now() % MINUTE);
    await node.write(sample(10, {}, t - 2 * MINUTE), sample(100, {}, t));
    const reader = await open({ step: '1m', aggregate: 'increase' });
    await node.write(sample(40, {}, t - MINUTE));
    await advance(0);
    expect(reader.points).toEqual([
      [t - MINUTE, 30],
      [t, 60],
    ]);
  });

  it('reads what memory does not cover from the store, in time', async () => {
    const reader = await open({ step: '1d', start: 'now-7d', aggregate: 'sum' });
    expect(reader.eventsOf('status')[0].data).toMatchObject({ tier: 'day' });
    await node.write(sample(3));
    for (let i = 0; i < 5; i++) {
      await advance(1_000);
      await server.idle();
    }
    expect(reader.points.at(-1)).toEqual([now() - (now() % DAY), 3]);
  });
});

describe('returning', () => {
  it('tells what arrived since the cursor of a history answer', async () => {
    await node.write(sample(1, {}, now() - 2_000));
    const answer = await node.history.answer(parseQuery({ metric, step: '1s' }));
    await advance(20_000);
    await node.write(sample(2, {}, now() - 9_500));
    await advance(20_000);
    const reader = await open({ step: '1s' }, { cursor: String(answer.cursor) });
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toContain(2);
  });

  it('lets Last-Event-ID win over the cursor in the URL', async () => {
    const first = now();
    await node.write(sample(1));
    await advance(30_000);
    const reader = await open({ step: '1s' }, { cursor: String(first) }, String(now()));
    await advance(0);
    expect(reader.points).toEqual([]);
    const other = await open({ step: '1s' }, { cursor: String(now()) }, String(first));
    await advance(0);
    expect(other.points).toHaveLength(1);
  });

  it('tells samples that were ahead of the clock, and so beyond the answer the page began with', async () => {
    await node.write(sample(1), sample(2, {}, now() + 8_000));
    const { cursor, series } = await node.history.answer(parseQuery({ metric, step: '1s' }));
    expect(series[0].points).toHaveLength(1);
    await advance(30_000);
    const reader = await open({ step: '1s' }, { cursor: String(cursor) });
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toContain(2);
  });

  it('is told to start anew when that is longer ago than the server remembers', async () => {
    await node.write(sample(1));
    const reader = await open({ step: '1s' }, { cursor: String(now() - DAY) });
    expect(reader.eventsOf('reset').map(({ data }) => data)).toEqual([{ reason: 'cursor_too_old' }]);
    await advance(5_000);
    await node.write(sample(2));
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([2]);
  });

  it('loses nothing when it is lost again before it has been told', async () => {
    const first = now();
    await node.write(sample(1));
    await advance(30_000);
    const lost = await open({ step: '1s' }, { cursor: String(first) });
    expect(lost.eventsOf('status')).toHaveLength(1);
    lost.leave();
    const reader = await open({ step: '1s' }, { cursor: String(first) }, lost.lastEventId);
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([1]);
  });

  it('never gives an id beyond what has been told', async () => {
    // One point a day is read from the store, which has not answered when the other query is told.
    const search = new URLSearchParams({ tick: '50' });
    search.append('q', new URLSearchParams({ metric, step: '1d', start: 'now-7d' }).toString());
    search.append('q', new URLSearchParams({ metric, step: '1s' }).toString());
    const reader = await LiveReader.open(node.live, search, null);
    const arrivedAt = now();
    await node.write(sample(1));
    await advance(0);
    const told = reader.eventsOf('points');
    expect(told.map(({ data }) => (data as { q: number }).q)).toEqual([1]);
    expect(Number(told[0].id)).toBeLessThanOrEqual(arrivedAt);
  });
});

describe('a slow reader', () => {
  it('is written nothing until it has caught up, then the newest values alone', async () => {
    const reader = await open({ step: '1m', aggregate: 'count' }, { tick: '50' });
    reader.isSlow = true;
    await node.write(sample(1));
    await advance(0);
    expect(reader.writes).toHaveLength(2);
    for (let i = 1; i <= 20; i++) {
      await node.write(sample(1, {}, now()));
      await advance(200);
    }
    expect(reader.writes).toHaveLength(2);
    expect(node.live.figures.stalls).toBe(1);
    reader.drain();
    await advance(50);
    expect(reader.writes).toHaveLength(3);
    const last = seriesOf(reader).at(-1)![0].points;
    expect(last.reduce((sum, [, count]) => sum + count!, 0)).toBeGreaterThanOrEqual(20);
  });

  it('is let go when it does not read for a minute', async () => {
    const reader = await open({ step: '1s' });
    reader.isSlow = true;
    await node.write(sample(1));
    await advance(59_000);
    expect(reader.isOpen).toBe(true);
    await advance(3_000);
    expect(reader.isOpen).toBe(false);
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });
});

describe('the hub', () => {
  it('evaluates once for all streams that have to be told the same', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => open({ by: 'host', step: '1m' })));
    expect(node.live.figures).toMatchObject({ streams: 20, queries: 1 });
    let evaluations = 0;
    const readMemory = node.history.readMemory;
    node.history.readMemory = (...question) => {
      evaluations++;
      return readMemory(...question);
    };
    await node.write(sample(1, { host: 'a' }));
    await advance(0);
    expect(evaluations).toBe(1);
    for (const reader of readers) expect(reader.points).toHaveLength(1);
  });

  it('evaluates very many series aside, and not while streams wait', async () => {
    const many = Array.from({ length: 10_100 }, (_, i) => sample(1, { i: String(i) }));
    for (let from = 0; from < many.length; from += 2_000) await node.write(...many.slice(from, from + 2_000));
    const reader = await open({ aggregate: 'sum,count', step: '1m' });
    const atOnce = vi.spyOn(node.history, 'readMemory');
    await advance(5_000);
    await node.write(sample(5, { i: '7' }), sample(6, { i: '8' }));
    await until(async () => {
      await advance(1_000);
      const [told] = reader.points.slice(-1);
      const [{ points }] = (
        await node.history.answer(parseQuery({ metric, aggregate: 'sum,count', step: '1m' }))
      ).series;
      expect(told).toEqual(points.at(-1));
      expect(points.reduce((sum, [, , count]) => sum + count!, 0)).toBe(10_102);
    });
    expect(atOnce).not.toHaveBeenCalled();
  });

  it('shares a query between streams that write it differently', async () => {
    await open({ by: 'host', step: '60s', start: 'now-1h' });
    await open({ aggregate: 'avg', step: 'minute', by: 'host', maxPoints: '100', end: 'now' });
    expect(node.live.figures).toMatchObject({ streams: 2, queries: 1 });
  });

  it('says it lives, every 15 seconds', async () => {
    const reader = await open({ step: '1s' });
    await advance(60_000);
    const beats = reader.writes.filter((text) => text.startsWith(': heartbeat\n\n'));
    expect(beats).toHaveLength(4);
    // With an id that is as new as the heartbeat, so that a quiet stream can be resumed, too.
    expect(Number(reader.lastEventId)).toBeGreaterThan(now() - 15_000);
  });

  it('says when the database is away, and when it is back', async () => {
    const reader = await open({ step: '1s' });
    const ping = node.history.ping;
    node.history.ping = async () => {
      throw new (await import('../../model/errors')).PulseError('database_unavailable', 'away');
    };
    await advance(10_000);
    expect(reader.eventsOf('status').at(-1)?.data).toMatchObject({
      state: 'degraded',
      reason: 'database_unavailable',
    });
    node.history.ping = ping;
    await advance(6_000);
    await until(() => expect(reader.eventsOf('status').at(-1)?.data).toMatchObject({ state: 'live' }));
  });

  it('is empty after a thousand streams have come and gone', async () => {
    for (let i = 0; i < 1_000; i++) {
      const reader = await open({
        by: 'host',
        aggregate: i % 2 ? 'avg' : 'max',
        step: '1s',
        top: i % 3 ? '' : '5',
      });
      if (i % 10 === 0) await node.write(sample(i, { host: `h${i % 7}` }));
      if (i % 4 === 0) await advance(10);
      reader.leave();
      reader.leave();
    }
    await advance(60_000);
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
    expect(server.clock.pending).toBe(0);
  });

  it('takes no more streams than it may', async () => {
    const readers = await Promise.all(Array.from({ length: 1_000 }, () => open({ step: '1s' })));
    await expect(open({ step: '1s' })).rejects.toMatchObject({
      code: 'too_many_streams',
      status: 503,
      retryAfterMs: expect.any(Number),
    });
    readers[0].leave();
    await open({ step: '1s' });
  });

  it('ends all streams at once when the process is to end, and takes no new ones', async () => {
    const readers = [await open({ step: '1s' }), await open({ step: '5s' })];
    node.drain();
    expect(readers.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    await expect(open({ step: '1s' })).rejects.toMatchObject({ code: 'shutting_down' });
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });
});

describe('before it starts, a stream is refused', () => {
  it.each([
    ['without a query', [], {}, 'bad_parameter'],
    ['with too many', Array.from({ length: 65 }, () => 'metric=cpu'), {}, 'bad_parameter'],
    ['with a bad query', ['metric=cpu', 'metric=cpu&step=0s'], {}, 'bad_parameter'],
    ['with a bad expression', ['metric=cpu&match={a=~"("}'], {}, 'bad_parameter'],
    ['with an end that moves, but is not now', ['metric=cpu&end=now-5m'], {}, 'bad_parameter'],
    ['with too many points', ['metric=cpu&start=now-7d&step=1s'], {}, 'too_many_points'],
    ['with a tick too short', ['metric=cpu'], { tick: '49' }, 'bad_parameter'],
    ['with a tick too long', ['metric=cpu'], { tick: '10001' }, 'bad_parameter'],
    ['with a cursor that is none', ['metric=cpu'], { cursor: 'yesterday' }, 'bad_parameter'],
  ])('%s', async (_, queries, others, code) => {
    const search = new URLSearchParams(others as Record<string, string>);
    for (const q of queries) search.append('q', q);
    await expect(LiveReader.open(node.live, search, null)).rejects.toMatchObject({ code });
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });

  it('with more groups than there may be, and lets go of its other queries', async () => {
    await node.write(...Array.from({ length: 1_001 }, (_, i) => sample(i, { i: `${i}` })));
    const search = new URLSearchParams();
    for (const q of ['metric=other', `metric=${metric}&by=i`]) search.append('q', q);
    await expect(LiveReader.open(node.live, search, null)).rejects.toMatchObject({ code: 'too_expensive' });
    expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });

  it('but not for a metric that may come to be', async () => {
    const reader = await open({ step: '1s' });
    await advance(10_000);
    expect(reader.eventsOf('points')).toEqual([]);
    await node.write(sample(4));
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([4]);
  });
});
