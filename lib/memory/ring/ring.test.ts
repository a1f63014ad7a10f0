import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import { DAY } from '../../model/time/duration';
import { Registry } from '../catalogue/registry';
import { Ring } from './ring';

function makeSeries(count: number): Series[] {
  const registry = new Registry();
  return Array.from({ length: count }, (_, i) =>
    registry.add({
      id: i + 1,
      metricId: 1,
      metric: 'm',
      type: 'gauge',
      unit: '',
      labels: { i: `${i}` },
      lastSeen: 0,
    }),
  );
}

const committed = (series: Series, ...timestamps: number[]): SampleColumns => ({
  series: timestamps.map(() => series),
  timestamps,
  values: timestamps.map((t) => t * 2),
});

const timestampsOf = (ring: Ring, series: Series) => {
  const buffer = ring.samples(series.id);
  if (!buffer) return [];
  return Array.from({ length: buffer.length }, (_, i) => buffer.timestampAt(buffer.start + i));
};

async function* pages(...rows: SampleColumns[]) {
  yield* rows;
}

describe('Ring', () => {
  const options = { windowMs: 1_000, maxBytes: 1e9, startedAt: 10_000 };

  it('covers what was committed since the start', () => {
    const [series] = makeSeries(1);
    const ring = new Ring(options);
    ring.add(committed(series, 10_000, 10_200, 10_100, 10_100));
    expect(ring.coveredFrom).toBe(10_000);
    expect(timestampsOf(ring, series)).toEqual([10_000, 10_100, 10_200]);
    expect(series.lastSeen).toBe(10_200);
    expect(ring.has(series.id, 10_100)).toBe(true);
    expect(ring.has(series.id, 10_101)).toBe(false);
    expect(ring.has(99, 10_101)).toBe(false);
  });

  it('keeps a late sample that arrives while the refill, which has passed it already, still reads', async () => {
    const [a, b] = makeSeries(2);
    const ring = new Ring(options);
    async function* refillPages() {
      yield* pages(committed(a, 9_100));
      ring.add(committed(b, 9_050));
      yield* pages(committed(a, 9_900));
    }
    await ring.refill(9_000, refillPages());
    expect(ring.coveredFrom).toBe(9_000);
    expect(timestampsOf(ring, a)).toEqual([9_100, 9_900]);
    expect(timestampsOf(ring, b)).toEqual([9_050]);
  });

  it('is not complete, after a refill, for what was evicted while it read', async () => {
    const [series] = makeSeries(1);
    const ring = new Ring(options);
    async function* refillPages() {
      ring.evict(10_500);
      yield* pages(committed(series, 9_100, 9_600));
    }
    await ring.refill(9_000, refillPages());
    expect(ring.coveredFrom).toBe(9_500);
    expect(timestampsOf(ring, series)).toEqual([9_600]);
  });

  it('covers no more than before when the refill fails', async () => {
    const ring = new Ring(options);
    async function* broken() {
      yield* pages();
      throw new Error('connection lost');
    }
    await expect(ring.refill(9_000, broken())).rejects.toThrow('connection lost');
    expect(ring.coveredFrom).toBe(10_000);
  });

  it('lets go of what is older than its window, in time, but for the newest of that', () => {
    const [series] = makeSeries(1);
    const ring = new Ring(options);
    ring.add(committed(series, 10_000, 10_500, 11_400));
    ring.evict(11_300);
    expect(ring.coveredFrom).toBe(10_300);
    ring.add(committed(series, 10_299, 10_298, 10_300));
    expect(ring.keeps(10_299)).toBe(false);
    expect(timestampsOf(ring, series)).toEqual([10_299, 10_300, 10_500, 11_400]);
    ring.evict(20_000);
    expect(ring.seriesCount).toBe(0);
    expect(ring.samples(series.id)).toBeUndefined();
    expect(ring.bytes).toBeLessThan(100);
    ring.add(committed(series, 20_100));
    expect(timestampsOf(ring, series)).toEqual([11_400, 20_100]);
    ring.evict(20_100 + 15 * DAY);
    ring.evict(20_100 + 16 * DAY);
    expect(ring.bytes).toBe(0);
  });

  it('keeps the last samples of no more silent series than there is memory for', () => {
    const series = makeSeries(2_000);
    const ring = new Ring({ windowMs: 1_000, maxBytes: 2 ** 20, startedAt: 0 });
    for (const [i, each] of series.entries()) {
      ring.add(committed(each, i));
      ring.evict(i + 1);
    }
    while (ring.seriesCount > 0) ring.evict(5_000);
    expect(ring.bytes).toBeGreaterThan(2 ** 15);
    expect(ring.bytes).toBeLessThanOrEqual(2 ** 16);
    ring.add({ series: [series[0], series[1_999]], timestamps: [6_000, 6_000], values: [1, 1] });
    expect(timestampsOf(ring, series[0])).toEqual([6_000]);
    expect(timestampsOf(ring, series[1_999])).toEqual([1_999, 6_000]);
  });

  it('gives up the oldest of all series when memory is short', () => {
    const series = makeSeries(50);
    const ring = new Ring({ windowMs: 100_000, maxBytes: 400_000, startedAt: 0 });
    for (let t = 0; t < 1_000; t++) {
      for (const each of series) ring.add(committed(each, t * 10));
    }
    expect(ring.bytes).toBeGreaterThan(400_000);
    ring.evict(10_000);
    expect(ring.bytes).toBeLessThanOrEqual(400_000);
    expect(ring.seriesCount).toBe(50);
    expect(timestampsOf(ring, series[0])[0]).toBe(Math.ceil(ring.coveredFrom / 10) * 10 - 10);
    expect(timestampsOf(ring, series[0]).at(-1)).toBe(9_990);
  });

  it('holds every sample since coveredFrom, whatever happens', () => {
    const anyAction = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ series: fc.nat(2), age: fc.integer({ min: -50, max: 1_500 }) }),
      },
      { weight: 1, arbitrary: fc.record({ evictAfter: fc.nat(300) }) },
    );
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 200 }), fc.nat(9_000), (actions, spareBytes) => {
        const all = makeSeries(3);
        const ring = new Ring({ windowMs: 1_000, maxBytes: 2_000 + spareBytes, startedAt: 5_000 });
        const model = all.map(() => new Set<number>());
        let now = 5_000;
        for (const action of actions) {
          if ('evictAfter' in action) {
            now += action.evictAfter;
            ring.evict(now);
          } else {
            ring.add(committed(all[action.series], now - action.age));
            model[action.series].add(now - action.age);
          }
        }
        all.forEach((series, i) => {
          const expected = [...model[i]].filter((t) => t >= ring.coveredFrom).sort((a, b) => a - b);
          expect(timestampsOf(ring, series).filter((t) => t >= ring.coveredFrom)).toEqual(expected);
        });
      }),
    );
  });
});
