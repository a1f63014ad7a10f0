import { describe, expect, it, vi } from 'vitest';
import { LiveReader } from '@/test/support/live-reader';
import { streamScene } from '@/test/support/stream-scene';
import { DAY, MINUTE } from '../../model/time/duration';
import { parseQuery } from '../../read/query/query-params';

const scene = streamScene();
const { open, sample, advance, now } = scene;

describe('a thousand at once', () => {
  it('who ask the same, and whom a lost connection brings back, ask the database a few times', async () => {
    const old = now() - 60 * MINUTE;
    const query = { step: 'minute', start: 'now-2h' };
    await scene.node.write(sample(1, {}, old));
    const watching = await open(query);
    await advance(5_000);
    await scene.node.write(sample(3, {}, old + 1));
    await advance(2_000);
    const reads = vi.spyOn(scene.server.store.samples, 'readPoints');
    try {
      const params = parseQuery({ metric: scene.metric, ...query });
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, () => scene.node.history.answer(params)),
      );
      for (const { series } of answers) expect(series[0].points).toEqual([[old - (old % MINUTE), 2]]);
      expect(reads.mock.calls.length).toBeLessThanOrEqual(2);

      reads.mockClear();
      const cursors = Array.from({ length: 900 }, (_, i) => String(now() - 3_000 + i));
      const readers = await Promise.all(cursors.map((cursor) => open(query, {}, cursor)));
      await advance(0);
      await scene.server.idle();
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

describe('returning', () => {
  it('gets what arrived since the cursor of a history answer', async () => {
    await scene.node.write(sample(1, {}, now() - 2_000));
    const answer = await scene.node.history.answer(parseQuery({ metric: scene.metric, step: '1s' }));
    await advance(20_000);
    await scene.node.write(sample(2, {}, now() - 9_500));
    await advance(20_000);
    const reader = await open({ step: '1s' }, { cursor: String(answer.cursor) });
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toContain(2);
  });

  it('lets Last-Event-ID win over the cursor in the URL', async () => {
    const first = now();
    await scene.node.write(sample(1));
    await advance(30_000);
    const reader = await open({ step: '1s' }, { cursor: String(first) }, String(now()));
    await advance(0);
    expect(reader.points).toEqual([]);
    const other = await open({ step: '1s' }, { cursor: String(now()) }, String(first));
    await advance(0);
    expect(other.points).toHaveLength(1);
  });

  it('gets samples that were ahead of the clock, and so beyond the answer the page began with', async () => {
    await scene.node.write(sample(1), sample(2, {}, now() + 8_000));
    const { cursor, series } = await scene.node.history.answer(
      parseQuery({ metric: scene.metric, step: '1s' }),
    );
    expect(series[0].points).toHaveLength(1);
    await advance(30_000);
    const reader = await open({ step: '1s' }, { cursor: String(cursor) });
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toContain(2);
  });

  it('is reset when that is longer ago than the server remembers', async () => {
    await scene.node.write(sample(1));
    const reader = await open({ step: '1s' }, { cursor: String(now() - DAY) });
    expect(reader.eventsOf('reset').map(({ data }) => data)).toEqual([{ reason: 'cursor_too_old' }]);
    await advance(5_000);
    await scene.node.write(sample(2));
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([2]);
  });

  it('loses nothing when it is lost again before it was sent', async () => {
    const first = now();
    await scene.node.write(sample(1));
    await advance(30_000);
    const lost = await open({ step: '1s' }, { cursor: String(first) });
    expect(lost.eventsOf('status')).toHaveLength(1);
    lost.leave();
    const reader = await open({ step: '1s' }, { cursor: String(first) }, lost.lastEventId);
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([1]);
  });

  it('never gives an id beyond what has been sent', async () => {
    // One point a day is read from the store, which has not answered when points of the other query are sent.
    const search = new URLSearchParams({ tick: '50' });
    search.append('q', new URLSearchParams({ metric: scene.metric, step: '1d', start: 'now-7d' }).toString());
    search.append('q', new URLSearchParams({ metric: scene.metric, step: '1s' }).toString());
    const reader = await LiveReader.open(scene.node.live, search, null);
    const arrivedAt = now();
    await scene.node.write(sample(1));
    await advance(0);
    const sent = reader.eventsOf('points');
    expect(sent.map(({ data }) => (data as { q: number }).q)).toEqual([1]);
    expect(Number(sent[0].id)).toBeLessThanOrEqual(arrivedAt);
  });
});
