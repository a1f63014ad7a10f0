import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY, SECOND } from '../../model/time/duration';
import {
  type Bench,
  engineUnderTest,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from '../case/engine-under-test';
import type { RollupTier } from '../sql/rollup-tiers';
import { advance } from './advance';
import { inPortions, type Pace } from './portions';

const T = Date.UTC(2026, 10, 20);
const TIERS = ['minute', 'hour', 'day'] as const;
const WHOLE: Pace = { portionRows: 1e12, fewPortions: 1, spreadMs: 0, stopped: () => false };
/** A dozen portions or more of whatever there is. */
const CUT: Pace = { ...WHOLE, portionRows: 10 };

let bench: Bench;

beforeAll(async () => {
  bench = await setUp(engineUnderTest('postgres'), { RETENTION_RAW: 'forever' });
  const { ids } = await makeSeries(bench.store, 'many', 60);
  // Of differing density, some with pauses, one silent, all with resets.
  const samples = ids.slice(1).flatMap((id, n) =>
    range(240)
      .filter((i) => i % ((n % 7) + 1) === 0 && !(n % 5 === 0 && i % 90 > 60))
      .map((i): Triple => [id, T + i * 30_000 + n, (i * (n + 1)) % 101]),
  );
  await bench.store.samples.append(rowsOf(samples));
  await bench.sql`update rollup_state set sealed = ${new Date(T + DAY)}`;
});
afterAll(() => bench.close());

const rowsIn = (tier: RollupTier) =>
  bench.sql`select * from ${bench.sql(`rollup_${tier}`)} order by series_id, ts`;

async function rollUpAll(pace: Pace): Promise<void> {
  for (const tier of TIERS) while (!(await advance(bench.sql, tier, pace))!.finished);
}

it('what is rolled up portion by portion is what is rolled up at once', async () => {
  await rollUpAll(WHOLE);
  const whole = await Promise.all(TIERS.map(rowsIn));
  expect(whole.map((rows) => rows.length > 50)).toEqual([true, true, true]);

  await bench.sql`truncate rollup_minute, rollup_hour, rollup_day`;
  await bench.sql`update rollup_state set minute_rolled = 'epoch', hour_rolled = 'epoch', day_rolled = 'epoch'`;
  await rollUpAll(CUT);
  expect(await Promise.all(TIERS.map(rowsIn))).toEqual(whole);
});

it('portions are spread over the time they are given, and a round that is stopped leaves nothing half-done', async () => {
  await bench.sql`truncate rollup_minute`;
  await bench.sql`update rollup_state set minute_rolled = ${new Date(T)}`;
  const SPREAD_MS = 20 * SECOND;
  let asked = 0;
  const startedAt = performance.now();
  const stopping = { ...CUT, spreadMs: SPREAD_MS, stopped: () => ++asked > 2 };
  expect(await advance(bench.sql, 'minute', stopping)).toEqual({ rows: 0, finished: true });
  // Stopped at the third portion of many: not at once, and long before the end.
  expect(performance.now() - startedAt).toBeGreaterThan(SPREAD_MS / 60);
  expect(performance.now() - startedAt).toBeLessThan(SPREAD_MS / 2);
  expect(await rowsIn('minute')).toEqual([]);
  expect(await bench.sql`select minute_rolled from rollup_state`).toEqual([{ minute_rolled: new Date(T) }]);
  expect((await advance(bench.sql, 'minute', CUT))!.rows).toBeGreaterThan(1_000);
});

it('gaps between ids do not make little look like much', async () => {
  await bench.sql`select setval('series_id_seq', 1e6::bigint)`;
  await makeSeries(bench.store, 'far', 1);
  const portions: unknown[] = [];
  const stretch = { tier: 'raw' as const, from: T, to: T + DAY };
  const [{ count }] = await bench.sql`select count(*)::int as count from samples`;
  await inPortions(bench.sql, stretch, { ...WHOLE, portionRows: 2 * count }, async (series) => {
    portions.push(series);
    return 0;
  });
  expect(portions).toEqual([null]);
});
