import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Aggregate } from '../../model/aggregates';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import {
  allSamples,
  type Bench,
  type EngineUnderTest,
  inOrder,
  maintainAll,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = Date.UTC(2026, 10, 20);

export function retentionCases(engine: EngineUnderTest): void {
  describe('retention', () => {
    const NOW = T + 12 * HOUR;
    const SETTINGS = {
      RETENTION_RAW: '2d',
      RETENTION_MINUTE: '5d',
      RETENTION_HOUR: '70d',
      RETENTION_DAY: 'forever',
    };
    let bench: Bench;
    let series: { metricId: number; ids: number[] };

    beforeAll(async () => {
      bench = await setUp(engine, SETTINGS);
      series = await makeSeries(bench.store, 'kept', 2);
      // One sample an hour for 200 days, stored as if we had been here all the time.
      for (let day = -200; day <= 0; day++) {
        const samples = range(12).flatMap((hour) =>
          series.ids.map((id): Triple => [id, T + day * DAY + hour * HOUR, day]),
        );
        await bench.store.samples.append(rowsOf(inOrder(samples)));
        if (day % 20 === 0) await bench.store.upkeep.maintain(T + day * DAY + 12 * HOUR);
      }
      await maintainAll(bench.store, NOW);
    });
    afterAll(() => bench.close());

    const countAt = async (ageDays: number, step: number) => {
      const start = Math.floor((T - ageDays * DAY) / step) * step;
      const points = await pointsOf(bench.store, series, {
        aggregates: ['count'],
        start,
        end: start + Math.max(step, DAY),
        step,
      });
      return points.reduce((sum, [, count]) => sum + count!, 0);
    };

    it('drops raw samples first, but not before they are rolled up', async () => {
      const oldest = Math.min(...(await allSamples(bench.store)).map(([, t]) => t));
      expect(oldest).toBeLessThanOrEqual(NOW - 2 * DAY);
      expect(oldest).toBeGreaterThan(NOW - 4 * DAY);
      expect(await countAt(1, SECOND)).toBe(24);
      expect(await countAt(10, SECOND)).toBe(0);
      expect(await countAt(4, MINUTE)).toBe(24);
    });

    it('keeps each coarser tier for longer', async () => {
      expect(await countAt(20, MINUTE)).toBe(0);
      expect(await countAt(20, HOUR)).toBe(24);
      expect(await countAt(60, HOUR)).toBe(24);
      expect(await countAt(150, HOUR)).toBe(0);
      expect(await countAt(150, DAY)).toBe(24);
      expect(await countAt(199, DAY)).toBe(24);
    });

    it('leaves of several values those that rollups hold', async () => {
      const ask = (aggregates: Aggregate[]) =>
        pointsOf(bench.store, series, { aggregates, start: T - 40 * DAY, end: T, step: DAY });
      const points = await ask(['p50', 'avg', 'max(stddev)', 'sum(first)', 'count(p90)']);
      expect(points).toHaveLength(40);
      for (const [i, [t, p50, avg, spread, first, count]] of points.entries()) {
        expect([t, avg, first]).toEqual([T + (i - 40) * DAY, i - 40, 2 * (i - 40)]);
        const isGone = p50 === null;
        expect([p50, spread, count]).toEqual(isGone ? [null, null, null] : [i - 40, 0, 2]);
        if (i < 35) expect(isGone).toBe(true);
        if (i >= 38) expect(isGone).toBe(false);
      }
      expect((await ask(['p50'])).length).toBeLessThan(6);
    });

    it('is not undone by a sample that comes far too late', async () => {
      await bench.store.samples.append(rowsOf([[series.ids[0], T - 100 * DAY + 1, 1e6]]));
      await bench.store.upkeep.maintain(NOW + MINUTE);
      expect(await countAt(100, DAY)).toBe(24);
      expect(await countAt(60, HOUR)).toBe(24);
      expect((await allSamples(bench.store)).some(([, , value]) => value === 1e6)).toBe(false);
    });

    it('is not in the way of late samples that are in time', async () => {
      await bench.store.samples.append(rowsOf([[series.ids[0], T - DAY + 1, 7]]));
      expect(await countAt(1, DAY)).toBe(25);
      await bench.store.upkeep.maintain(NOW + 2 * MINUTE);
      expect(await countAt(1, DAY)).toBe(25);
      expect(await countAt(1, MINUTE)).toBe(25);
    });
  });
}
