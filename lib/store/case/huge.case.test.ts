import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSamePoints } from '@/test/support/expect-points';
import { runMigration } from '@/test/support/run-migration';
import { alignDown, type Point } from '../../model/points';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import {
  allSamples,
  type Bench,
  type EngineUnderTest,
  maintainAll,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = alignDown(Date.now(), DAY);
const DAYS = 30;
const SETTINGS = {
  RETENTION_RAW: '2d',
  RETENTION_MINUTE: '5d',
  RETENTION_HOUR: '10d',
  RETENTION_DAY: 'forever',
};
const { MAX_VALUE: MAX } = Number;
/** Of every day, at the same times. */
const VALUES = [MAX, MAX, -MAX / 2, 1, 1.7e308, 5e-324];

/** Values that float64 cannot add up, long after the samples themselves are gone. */
export function hugeCases(engine: EngineUnderTest): void {
  describe('values beyond what can be added up', () => {
    let bench: Bench;
    let series: { metricId: number; ids: number[] };
    beforeAll(async () => {
      bench = await setUp(engine, SETTINGS);
      await makeSeries(bench.store, 'ordinary', 1);
      series = await makeSeries(bench.store, 'huge', 2);
      for (let day = -DAYS; day < 0; day++) {
        const samples = series.ids.flatMap((id) =>
          VALUES.map((value, i): Triple => [id, T + day * DAY + i * 20 * MINUTE, value]),
        );
        await bench.store.samples.append(rowsOf(samples));
        await bench.store.upkeep.maintain(T + day * DAY + 12 * HOUR);
      }
      await maintainAll(bench.store, T);
    });
    afterAll(() => bench.close());

    const expectDays = async (): Promise<void> => {
      const days = range(DAYS).map((day) => T + (day - DAYS) * DAY);
      const ask = (aggregates: Parameters<typeof pointsOf>[2]['aggregates']) =>
        pointsOf(bench.store, series, { aggregates, start: T - DAYS * DAY, end: T, step: DAY });
      const mean = (MAX / 6) * 2 - MAX / 12 + 1.7e308 / 6;
      expectSamePoints(
        await ask(['count', 'sum', 'avg', 'min', 'last']),
        days.map((t): Point => [t, 12, MAX, mean, -MAX / 2, 5e-324]),
      );
      // From -MAX / 2 to 1 to 1.7e308, after MAX to MAX and a start anew; 5e-324 comes before all days.
      const [[, increase, rate], [, later]] = await ask(['increase', 'rate']);
      expect([increase, later]).toEqual([MAX, MAX]);
      const grown = -MAX / 2 + MAX / 2 + 1.7e308;
      expect(rate! / (grown / 3_000)).toBeCloseTo(1, 9);
    };

    it('are right of days whose samples are gone', async () => {
      const oldest = Math.min(...(await allSamples(bench.store)).map(([, t]) => t));
      expect(oldest).toBeGreaterThan(T - 10 * DAY);
      await expectDays();
    });

    it('are distinguished from metrics that have none', async () => {
      expect(await bench.sql`select metric_id from huge_metrics`).toEqual([{ metric_id: series.metricId }]);
    });

    it('are forgotten with the rows they belong to', async () => {
      for (const tier of ['minute', 'hour', 'day']) {
        const [[rows], [kept]] = await Promise.all([
          bench.sql.unsafe(`select min(ts) as oldest, count(*)::int as count from rollup_${tier}`),
          bench.sql`select min(ts) as oldest, count(*)::int as count from rollup_huge where tier = ${tier}`,
        ]);
        expect(kept.count, tier).toBeGreaterThan(0);
        expect(kept.count, tier).toBeLessThanOrEqual(rows.count);
        expect(kept.oldest.getTime(), tier).toBeGreaterThanOrEqual(rows.oldest.getTime());
      }
    });

    it('that an older version lost are found again where samples are kept', async () => {
      await bench.sql`delete from rollup_huge`;
      await bench.sql`delete from huge_metrics`;
      const folder = `drizzle/${engine.name}`;
      const migration = readdirSync(folder).find((name) => name.endsWith('_huge_values.sql'));
      await runMigration(bench.sql, `${folder}/${migration}`);
      const upgraded = await bench.another();
      const yesterday = T - DAY;
      const ask = async () => {
        const question = { aggregates: ['sum' as const, 'avg' as const], start: yesterday, end: T };
        for (const step of [MINUTE, HOUR, DAY]) {
          const points = await pointsOf(upgraded, series, { ...question, step });
          expect(points.length).toBe(step === MINUTE ? 6 : step === HOUR ? 2 : 1);
          if (step === DAY) expect(points[0][1]).toBe(MAX);
        }
      };
      await ask();
      await maintainAll(upgraded, T + MINUTE);
      await ask();
      // Of what is only left in rollups nothing is known but what they say themselves.
      const [old] = await pointsOf(upgraded, series, {
        aggregates: ['count', 'sum', 'max'],
        start: T - 20 * DAY,
        end: T - 19 * DAY,
        step: DAY,
      });
      expect(old).toEqual([T - 20 * DAY, 12, null, MAX]);
    });
  });
}
