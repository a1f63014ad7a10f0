import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from '@/lib/model/points';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { createQueryStore, liveWindow } from './query-store';

const NOW = 1_795_200_000_000;
const query: Query = { metric: 'cpu_usage_percent', start: 'now-1m', aggregate: 'avg' };

function answer(change: Partial<HistoryAnswer> = {}): HistoryAnswer {
  return {
    metric: 'cpu_usage_percent',
    type: 'gauge',
    unit: 'percent',
    aggregate: 'avg',
    step: 1_000,
    tier: 'ring',
    start: NOW - 60_000,
    end: NOW,
    cursor: NOW,
    series: [{ labels: {}, points: [[NOW - 2_000, 1] as Point, [NOW - 1_000, 2] as Point] }],
    ...change,
  };
}

const pointsOf = (store: ReturnType<typeof createQueryStore>) => store.view.getSnapshot().series[0]?.points;

describe('a query’s store', () => {
  it('appends, replaces and inserts points by their time', () => {
    const store = createQueryStore(query, answer());
    store.stream.upsert([{ labels: {}, points: [[NOW, 3]] }], NOW, NOW);
    store.stream.upsert([{ labels: {}, points: [[NOW, 4]] }], NOW + 1, NOW);
    store.stream.upsert([{ labels: {}, points: [[NOW - 5_000, 9]] }], NOW + 2, NOW);
    expect(pointsOf(store)).toEqual([
      [NOW - 5_000, 9],
      [NOW - 2_000, 1],
      [NOW - 1_000, 2],
      [NOW, 4],
    ]);
  });

  it('comes to the same points whatever the upserts’ repetition', () => {
    const upserts = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.double({ noNaN: true })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(upserts, (pairs) => {
        const store = createQueryStore(query, answer({ series: [] }));
        const last = new Map<number, number>();
        for (const [at, value] of pairs) {
          const t = NOW - at * 1_000;
          last.set(t, value);
          store.stream.upsert([{ labels: {}, points: [[t, value]] }], NOW, NOW);
          store.stream.upsert([{ labels: {}, points: [[t, value]] }], NOW, NOW);
        }
        expect(pointsOf(store) ?? []).toEqual([...last].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('keeps the identity of groups that did not change', () => {
    const store = createQueryStore(
      { ...query, by: 'host' },
      answer({
        series: [
          { labels: { host: 'a' }, points: [[NOW - 1_000, 1]] },
          { labels: { host: 'b' }, points: [[NOW - 1_000, 1]] },
        ],
      }),
    );
    const before = store.view.getSnapshot();
    store.stream.upsert([{ labels: { host: 'b' }, points: [[NOW, 2]] }], NOW, NOW);
    const after = store.view.getSnapshot();
    expect(after).not.toBe(before);
    expect(after.series[0]).toBe(before.series[0]);
    expect(after.series[1]).not.toBe(before.series[1]);
  });

  it('lets go of points that left the window, and of groups that have none left', () => {
    const store = createQueryStore(query, answer());
    store.stream.trim(NOW + 60_500);
    expect(pointsOf(store)).toEqual([[NOW - 1_000, 2]]);
    store.stream.trim(NOW + 120_000);
    expect(store.view.getSnapshot().series).toEqual([]);
  });

  it('takes no points from before the window', () => {
    const store = createQueryStore(query, answer());
    store.stream.upsert([{ labels: {}, points: [[NOW - 600_000, 5]] }], NOW, NOW);
    expect(pointsOf(store)?.[0]).toEqual([NOW - 2_000, 1]);
  });

  it('shows the top groups by their latest value, and brings one back that overtakes', () => {
    const groups = ['a', 'b', 'c'].map((host, i) => ({ labels: { host }, points: [[NOW, i] as Point] }));
    const store = createQueryStore({ ...query, by: 'host', top: '2' }, answer({ series: groups }));
    const hosts = () => store.view.getSnapshot().series.map(({ labels }) => labels.host);
    expect(hosts()).toEqual(['c', 'b']);
    store.stream.upsert([{ labels: { host: 'a' }, points: [[NOW, 10]] }], NOW, NOW);
    expect(hosts()).toEqual(['a', 'c']);
  });

  it('shows the bottom, lowest first', () => {
    const groups = ['a', 'b', 'c'].map((host, i) => ({ labels: { host }, points: [[NOW, i] as Point] }));
    const store = createQueryStore({ ...query, by: 'host', bottom: '2' }, answer({ series: groups }));
    expect(store.view.getSnapshot().series.map(({ labels }) => labels.host)).toEqual(['a', 'b']);
  });

  it('ranked over the range, shows the groups that the stream names, in the order of their ranks', () => {
    const of = (host: string, ...points: Point[]) => ({ labels: { host }, points });
    const asked = { ...query, by: 'host', top: '2', rank: 'range' };
    const store = createQueryStore(asked, answer({ series: [of('a', [NOW, 1]), of('b', [NOW, 9])] }));
    const hosts = () => store.view.getSnapshot().series.map(({ labels }) => labels.host);
    expect(hosts()).toEqual(['a', 'b']);
    store.stream.upsert(
      [
        { ...of('c'), rank: 1 },
        { ...of('b', [NOW, 8]), rank: 2 },
      ],
      NOW,
      NOW,
    );
    expect(hosts()).toEqual(['b']);
    store.stream.upsert([of('b', [NOW, 7]), of('c', [NOW, 3]), of('a', [NOW, 99])], NOW, NOW);
    expect(store.view.getSnapshot().series).toEqual([of('c', [NOW, 3]), of('b', [NOW, 7])]);
  });

  it('after a read-again holds the answer and what the stream sent since', () => {
    const store = createQueryStore(query, answer());
    store.reread.begin();
    store.stream.upsert([{ labels: {}, points: [[NOW, 30]] }], NOW + 5, NOW);
    store.stream.upsert([{ labels: {}, points: [[NOW + 1_000, 40]] }], NOW + 1_010, NOW);
    // The answer was made between the two: it has a newer value for NOW than the first upsert.
    store.reread.complete(
      answer({ cursor: NOW + 1_000, series: [{ labels: {}, points: [[NOW, 31]] }] }),
      NOW,
    );
    expect(pointsOf(store)).toEqual([
      [NOW, 31],
      [NOW + 1_000, 40],
    ]);
    expect(store.stream.cursor()).toBe(NOW + 1_010);
  });

  it('has a text for the stream with the step the answer chose, and none for a range that stands still', () => {
    const auto = { ...query, step: 'auto', maxPoints: '300', match: '{host="a&b"}' };
    const text = createQueryStore(auto, answer({ step: 10_000 })).text!;
    expect(Object.fromEntries(new URLSearchParams(text))).toEqual({
      metric: 'cpu_usage_percent',
      start: 'now-1m',
      step: '10s',
      aggregate: 'avg',
      match: '{host="a&b"}',
    });
    expect(createQueryStore({ ...query, start: '1', end: '2' }, answer()).text).toBeNull();
  });

  it('is live only when its range ends now', () => {
    expect(liveWindow({ metric: 'a' })).toBe(3_600_000);
    expect(liveWindow({ metric: 'a', start: 'now-5m', end: 'now' })).toBe(300_000);
    expect(liveWindow({ metric: 'a', start: 'now-5m', end: 'now-1m' })).toBeNull();
    expect(liveWindow({ metric: 'a', start: '2026-11-20T00:00:00Z' })).toBeNull();
  });
});
