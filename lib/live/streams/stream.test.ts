import { describe, expect, it, vi } from 'vitest';
import { LiveReader, parseEvents } from '@/test/support/live-reader';
import { createScheduler, newWork } from '@/test/support/scheduler';
import { streamScene } from '@/test/support/stream-scene';
import type { GroupPoints } from '../../model/points';
import { DAY, MINUTE, SECOND } from '../../model/time/duration';
import { LiveStream } from './stream';
import { StreamLoad } from './stream-load';
import { readStreamParams } from './stream-params';

const scene = streamScene();
const { open, sample, seriesOf, advance, now } = scene;

describe('a stream', () => {
  it('begins with how long to wait before reconnecting, and its status', async () => {
    const reader = await open({ step: '1s' });
    expect(reader.writes).toEqual([
      `retry: 1000\n\nid: ${now()}\nevent: status\ndata: {"state":"live","tier":"ring","lagMs":0}\n\n`,
    ]);
  });

  it('sends a change after a quiet spell at once', async () => {
    const reader = await open({ step: '1s' });
    await advance(5_000);
    await scene.node.write(sample(7));
    await advance(0);
    expect(reader.points).toEqual([[now() - (now() % SECOND), 7]]);
    expect(reader.lastEventId).toBe(String(now()));
  });

  it('ends when its connection cannot be written to, and others go on', async () => {
    const [broken, reader] = [await open({ step: 'raw' }), await open({ step: 'raw' })];
    broken.isBroken = true;
    for (const value of [1, 2]) {
      await scene.node.write(sample(value, {}, now()));
      await advance(2_000);
    }
    expect(reader.points.map(([, value]) => value)).toEqual([1, 2]);
    expect([broken.isOpen, reader.isOpen, scene.node.live.streams.size]).toEqual([false, true, 1]);
  });

  it('sends further changes together, a tick after its last write', async () => {
    const reader = await open({ step: 'raw' }, { tick: '1000' });
    const t = now();
    await scene.node.write(sample(1, {}, t));
    await advance(0);
    await scene.node.write(sample(2, {}, t + 1));
    await advance(400);
    await scene.node.write(sample(3, {}, t + 2));
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
      search.append('q', new URLSearchParams({ metric: scene.metric, aggregate, step: '1m' }).toString());
    }
    search.append('q', 'metric=another');
    const reader = await LiveReader.open(scene.node.live, search, null);
    await scene.node.write(sample(2), sample(4, { host: 'b' }));
    await advance(0);
    expect(reader.writes).toHaveLength(2);
    const sent = reader.eventsOf('points').map(({ data }) => data as { q: number; series: GroupPoints[] });
    expect(sent.map(({ q, series }) => [q, series[0].points[0][1]])).toEqual([
      [0, 6],
      [1, 2],
      [2, 3],
    ]);
  });

  it('sends only the groups that changed, and takes in series that did not exist when it began', async () => {
    const reader = await open({ by: 'host', match: '{host!="hidden"}', step: '1m' });
    await scene.node.write(sample(1, { host: 'a' }), sample(9, { host: 'hidden' }));
    await advance(1_000);
    await scene.node.write(sample(2, { host: 'b', env: 'x' }));
    await advance(1_000);
    await scene.node.write(sample(5, { host: 'b', env: 'y' }));
    await advance(1_000);
    expect(
      seriesOf(reader).map((series) => series.map(({ labels, points }) => [labels, points[0][1]])),
    ).toEqual([[[{ host: 'a' }, 1]], [[{ host: 'b' }, 2]], [[{ host: 'b' }, 3.5]]]);
  });

  it('sends a late sample as a change of its old point', async () => {
    await scene.node.write(sample(10, {}, now() - 5 * MINUTE));
    const reader = await open({ step: '1m', aggregate: 'sum' });
    await scene.node.write(sample(5, {}, now() - 5 * MINUTE + 1));
    await advance(0);
    expect(reader.points.map(([, sum]) => sum)).toContain(15);
  });

  it('sends what was before when it becomes due, though nothing is written', async () => {
    const at = now() - (now() % SECOND);
    await scene.node.write(sample(31, {}, at));
    const reader = await open({ step: '1s', offset: '3s' }, { tick: '50' });
    await scene.node.write(sample(32, {}, at + 1));
    await advance(1_000);
    expect(reader.points).toEqual([]);
    for (let i = 0; i < 4; i++) {
      await advance(1_000);
      await scene.server.idle();
    }
    expect(reader.points).toEqual([[at + 3_000, 31.5]]);
    // Late in the past, and so at once.
    await scene.node.write(sample(33, {}, at + 2));
    await advance(50);
    expect(reader.points.at(-1)).toEqual([at + 3_000, 32]);
  });

  it('sends a point when either side of it changes, and removes one that is there no longer', async () => {
    const at = now() - (now() % SECOND) - 10_000;
    const other = (value: number, timestamp: number) => ({
      ...sample(value, {}, timestamp),
      name: `${scene.metric}_b`,
    });
    await scene.node.write(sample(10, {}, at), other(4, at));
    const asked = { step: '1s', aggregate: 'sum', expression: 'a / b', 'b.metric': `${scene.metric}_b` };
    const reader = await open(asked, { tick: '50' });
    const sent = async () => {
      await advance(50);
      return reader.points.at(-1);
    };
    await scene.node.write(sample(10, {}, at + 1));
    expect(await sent()).toEqual([at, 5]);
    await scene.node.write(other(6, at + 1));
    expect(await sent()).toEqual([at, 2]);
    await scene.node.write(other(-10, at + 2));
    expect(await sent()).toEqual([at, null]);
    await scene.node.write(other(5, at + 3));
    expect(await sent()).toEqual([at, 4]);
  });

  it('takes back what was filled behind a point that leaves its range', async () => {
    const at = now() - (now() % SECOND);
    await scene.node.write(sample(1, {}, at - 9_000), sample(5, {}, at - 5_000));
    const reader = await open({ step: '1s', start: 'now-10s', fill: 'previous' }, { tick: '50' });
    await advance(2_500);
    await scene.server.idle();
    await advance(50);
    expect(reader.points).toEqual([
      [at - 8_000, null],
      [at - 7_000, null],
      [at - 6_000, null],
    ]);
  });

  it('names the groups that rank by the whole range, in order, when that changes', async () => {
    const t = now() - (now() % MINUTE);
    await scene.node.write(sample(1, { host: 'a' }, t - MINUTE), sample(9, { host: 'b' }, t - MINUTE));
    const ranks = async (reader: LiveReader) => {
      for (let i = 0; i < 12; i++) {
        await advance(1_000);
        await scene.server.idle();
      }
      const last = seriesOf(reader).findLast((series) => series.some((group) => 'rank' in group));
      return last?.filter((group) => 'rank' in group).map(({ labels }) => labels.host);
    };
    const reader = await open({ by: 'host', top: '2', rank: 'range', aggregate: 'max', step: '1m' });
    expect(await ranks(reader)).toEqual(['b', 'a']);
    await scene.node.write(sample(20, { host: 'c' }, t - 2 * MINUTE));
    expect(await ranks(reader)).toEqual(['c', 'b']);
  });

  it('ignores samples from before its range', async () => {
    const reader = await open({ step: '1m', start: 'now-10m' });
    await scene.node.write(sample(1, {}, now() - 30 * MINUTE));
    await advance(2_000);
    await scene.server.idle();
    await advance(2_000);
    expect(reader.eventsOf('points')).toEqual([]);
  });

  it('sends the point after a late one, too, where growth is counted between them', async () => {
    const t = now() - (now() % MINUTE);
    await scene.node.write(sample(10, {}, t - 2 * MINUTE), sample(100, {}, t));
    const reader = await open({ step: '1m', aggregate: 'increase' });
    await scene.node.write(sample(40, {}, t - MINUTE));
    await advance(0);
    expect(reader.points).toEqual([
      [t - MINUTE, 30],
      [t, 60],
    ]);
  });

  it('reads what memory does not cover from the store, in time', async () => {
    const reader = await open({ step: '1d', start: 'now-7d', aggregate: 'sum' });
    expect(reader.eventsOf('status')[0].data).toMatchObject({ tier: 'day' });
    await scene.node.write(sample(3));
    for (let i = 0; i < 5; i++) {
      await advance(1_000);
      await scene.server.idle();
    }
    expect(reader.points.at(-1)).toEqual([now() - (now() % DAY), 3]);
  });
});

describe('a slow reader', () => {
  it('is written nothing until it has caught up, then the newest values alone', async () => {
    const reader = await open({ step: '1m', aggregate: 'count' }, { tick: '50' });
    reader.isSlow = true;
    await scene.node.write(sample(1));
    await advance(0);
    expect(reader.writes).toHaveLength(2);
    for (let i = 1; i <= 20; i++) {
      await scene.node.write(sample(1, {}, now()));
      await advance(200);
    }
    expect(reader.writes).toHaveLength(2);
    expect(scene.node.live.figures.stalls).toBe(1);
    reader.drain();
    await advance(50);
    expect(reader.writes).toHaveLength(3);
    const last = seriesOf(reader).at(-1)![0].points;
    expect(last.reduce((sum, [, count]) => sum + count!, 0)).toBeGreaterThanOrEqual(20);
  });

  it('gets what had been taken for it when it fell behind, between two of its queries', async () => {
    const { live } = scene.node;
    const scheduler = createScheduler();
    let isSlow = false;
    let resume = () => {};
    const written: string[] = [];
    const sink = {
      write: (text: string) => {
        written.push(text);
        return !isSlow;
      },
      held: () => 0,
      onDrain: (run: () => void) => {
        resume = run;
      },
      close() {},
    };
    const timing = { clock: scene.server.clock, pacer: { schedule: () => () => {} }, scheduler };
    const load = new StreamLoad();
    const stream = new LiveStream(
      { timing, load, health: { state: 'live' }, admit: () => () => {} },
      sink,
      1_000,
    );
    const search = new URLSearchParams(
      ['sum', 'count'].map((aggregate) => [
        'q',
        new URLSearchParams({ metric: scene.metric, aggregate, step: '1m' }).toString(),
      ]),
    );
    const params = readStreamParams(search, null, { readQuestion: live.queries.read, topics: [] });
    await stream.open({ queries: live.queries, topics: { subscribe: () => () => {} } }, params, newWork());
    await scene.node.write(sample(7));

    const turn = newWork();
    vi.spyOn(turn, 'isDue').mockReturnValueOnce(false).mockReturnValueOnce(true);
    vi.spyOn(turn, 'pause').mockImplementationOnce(async () => {
      isSlow = true;
      stream.sendStatus();
    });
    await stream.takeTurn({ now: now() }, turn);
    isSlow = false;
    resume();
    stream.beat(now() + MINUTE);
    const [heartbeat] = parseEvents(written.at(-1)!);
    expect(Number(heartbeat.id)).toBeLessThanOrEqual(now());
    await stream.takeTurn({ now: now() }, newWork());
    const points = written.flatMap(parseEvents).filter(({ event }) => event === 'points');
    const start = now() - (now() % MINUTE);
    expect(points.map(({ data }) => data)).toEqual([
      { q: 0, series: [{ labels: {}, points: [[start, 7]] }] },
      { q: 1, series: [{ labels: {}, points: [[start, 1]] }] },
    ]);
    stream.close();
  });

  it('is let go when it does not read for a minute', async () => {
    const reader = await open({ step: '1s' });
    reader.isSlow = true;
    await scene.node.write(sample(1));
    await advance(59_000);
    expect(reader.isOpen).toBe(true);
    await advance(3_000);
    expect(reader.isOpen).toBe(false);
    expect(scene.node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });
});
