import { describe, expect, it, vi } from 'vitest';
import { LiveReader } from '@/test/support/live-reader';
import { until } from '@/test/support/processes';
import { newWork } from '@/test/support/scheduler';
import { streamScene } from '@/test/support/stream-scene';
import { MINUTE } from '../../model/time/duration';
import { parseQuery } from '../../read/query/query-params';

import { readLiveQuestion } from '../reading/live-question';

const scene = streamScene();
const { open, sample, advance, now } = scene;

describe('the streams of a node', () => {
  it('evaluates once for all streams that send the same', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => open({ by: 'host', step: '1m' })));
    expect(scene.node.live.figures).toMatchObject({ streams: 20, queries: 1 });
    let evaluations = 0;
    const readMemory = scene.node.history.readMemory;
    scene.node.history.readMemory = (...question) => {
      evaluations++;
      return readMemory(...question);
    };
    await scene.node.write(sample(1, { host: 'a' }));
    await advance(0);
    expect(evaluations).toBe(1);
    for (const reader of readers) expect(reader.points).toHaveLength(1);
  });

  it('evaluates once for all of a round, also when more is committed while they have their turns', async () => {
    const text = new URLSearchParams({ metric: scene.metric, step: '1m' }).toString();
    const question = readLiveQuestion(text, now(), scene.node.history);
    const subscribe = () =>
      scene.node.live.queries.subscribe(question, { notify() {}, reset() {} }, newWork());
    const early = [await subscribe(), await subscribe()];
    await scene.node.write(sample(1));
    // Has been sent less than the others, as it were: it began later.
    const late = await subscribe();
    const evaluate = vi.spyOn(scene.node.history, 'readMemory');

    const first = { now: now() };
    const { changes } = early[0].take(first);
    await scene.node.write(sample(3, {}, now() + 1));
    expect(early[1].take(first).changes).toBe(changes);
    expect(evaluate).toHaveBeenCalledTimes(1);
    late.take(first);
    for (const { hasMore, waitingSince } of early) {
      expect(hasMore).toBe(true);
      expect(waitingSince).toBe(first.now);
    }

    await advance(1_000);
    const second = { now: now() };
    const [one, two] = early.map((subscription) => subscription.take(second).changes);
    late.take(second);
    expect(one?.[0].points).toEqual([[now() - (now() % MINUTE), 2]]);
    expect(two).toBe(one);

    await scene.node.write(sample(8));
    evaluate.mockClear();
    const third = { now: now() };
    const all = [...early, late].map((subscription) => subscription.take(third).changes);
    expect(all[0]?.[0].points).toEqual([[now() - (now() % MINUTE), 4]]);
    expect(all).toEqual([all[0], all[0], all[0]]);
    expect(evaluate).toHaveBeenCalledTimes(1);
    expect(early[0].hasMore).toBe(false);
    for (const subscription of [...early, late]) subscription.close();
  });

  it('evaluates very many series aside, and not while streams wait', async () => {
    const many = Array.from({ length: 10_100 }, (_, i) => sample(1, { i: String(i) }));
    for (let from = 0; from < many.length; from += 2_000)
      await scene.node.write(...many.slice(from, from + 2_000));
    const reader = await open({ aggregate: 'sum,count', step: '1m' });
    const atOnce = vi.spyOn(scene.node.history, 'readMemory');
    await advance(5_000);
    await scene.node.write(sample(5, { i: '7' }), sample(6, { i: '8' }));
    await until(async () => {
      await advance(1_000);
      const [sent] = reader.points.slice(-1);
      const [{ points }] = (
        await scene.node.history.answer(
          parseQuery({ metric: scene.metric, aggregate: 'sum,count', step: '1m' }),
        )
      ).series;
      expect(sent).toEqual(points.at(-1));
      expect(points.reduce((sum, [, , count]) => sum + count!, 0)).toBe(10_102);
    });
    expect(atOnce).not.toHaveBeenCalled();
  });

  it('shares a query between streams that write it differently', async () => {
    await open({ by: 'host', step: '60s', start: 'now-1h' });
    await open({ aggregate: 'avg', step: 'minute', by: 'host', maxPoints: '100', end: 'now' });
    expect(scene.node.live.figures).toMatchObject({ streams: 2, queries: 1 });
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
    const ping = scene.server.store.database.ping;
    scene.server.store.database.ping = async () => {
      throw new (await import('../../model/errors')).PulseError('database_unavailable', 'away');
    };
    await advance(10_000);
    expect(reader.eventsOf('status').at(-1)?.data).toMatchObject({
      state: 'degraded',
      reason: 'database_unavailable',
    });
    scene.server.store.database.ping = ping;
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
      if (i % 10 === 0) await scene.node.write(sample(i, { host: `h${i % 7}` }));
      if (i % 4 === 0) await advance(10);
      reader.leave();
      reader.leave();
    }
    await advance(60_000);
    expect(scene.node.live.figures).toMatchObject({ streams: 0, queries: 0 });
    expect(scene.server.clock.pending).toBe(0);
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
    scene.node.drain();
    expect(readers.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    await expect(open({ step: '1s' })).rejects.toMatchObject({ code: 'shutting_down' });
    expect(scene.node.live.figures).toMatchObject({ streams: 0, queries: 0 });
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
    await expect(LiveReader.open(scene.node.live, search, null)).rejects.toMatchObject({ code });
    expect(scene.node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });

  it('with more groups than there may be, and lets go of its other queries', async () => {
    await scene.node.write(...Array.from({ length: 1_001 }, (_, i) => sample(i, { i: `${i}` })));
    const search = new URLSearchParams();
    for (const q of ['metric=other', `metric=${scene.metric}&by=i`]) search.append('q', q);
    await expect(LiveReader.open(scene.node.live, search, null)).rejects.toMatchObject({
      code: 'too_expensive',
    });
    expect(scene.node.live.figures).toMatchObject({ streams: 0, queries: 0 });
  });

  it('but not for a metric that may come to be', async () => {
    const reader = await open({ step: '1s' });
    await advance(10_000);
    expect(reader.eventsOf('points')).toEqual([]);
    await scene.node.write(sample(4));
    await advance(0);
    expect(reader.points.map(([, value]) => value)).toEqual([4]);
  });
});
