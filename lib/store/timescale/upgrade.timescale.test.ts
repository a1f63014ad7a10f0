import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectSamePoints } from '@/test/support/expect-points';
import { naivePoints } from '@/test/support/naive';
import { runMigration } from '@/test/support/run-migration';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import {
  type Bench,
  engineUnderTest,
  maintainAll,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from '../case/engine-under-test';

const T = Date.UTC(2026, 10, 20);

let bench: Bench;

beforeAll(async () => {
  bench = await setUp(engineUnderTest('timescale'), { RETENTION_RAW: 'forever' });
});
afterAll(() => bench.close());

it('a database of the time when a counter started anew after five minutes comes to say what one begun now does', async () => {
  const { sql } = bench;
  // Back to what the older version has.
  const [functions] = /create function increase_of_rows[\s\S]*?\$\$;/.exec(
    await readFile('drizzle/timescale/0000_samples.sql', 'utf8'),
  )!;
  await sql.unsafe(functions.replace('create function', 'create or replace function'));

  const series = await makeSeries(bench.store, 'jobs_total', 4);
  const pauses = [40_000, 10 * MINUTE, 3 * HOUR, 5 * DAY];
  const samples = pauses.flatMap((pause, i) =>
    range(60)
      .map((n) => n * pause)
      .filter((t) => t < 20 * DAY)
      .map((t, n): Triple => [series.ids[i], T + t + i * 1_000, (n * 37) % 101]),
  );
  await bench.store.samples.append(rowsOf(samples));
  await maintainAll(bench.store, T + 21 * DAY);
  const ask = (step: number) =>
    pointsOf(bench.store, series, {
      aggregates: ['increase', 'rate', 'count'],
      start: T,
      end: T + 20 * DAY,
      step,
    });
  const truth = series.ids.map((id) =>
    samples.filter(([of]) => of === id).map(([, t, value]) => [t, value] as const),
  );
  const expectTruth = async () => {
    for (const step of [HOUR, DAY])
      expectSamePoints(
        await ask(step),
        naivePoints(truth, { aggregates: ['increase', 'rate', 'count'], start: T, end: T + 20 * DAY, step }),
      );
  };
  const before = await ask(HOUR);
  const { version } = await bench.store.samples.readClosed(series.metricId);
  await sql`alter table rollup_stale drop column forced`;

  await runMigration(sql, 'drizzle/timescale/0005_counters_over_days.sql');
  // At once, from what the rows were made of, and from the rows once these are made again.
  await expectTruth();
  expect(await ask(HOUR)).not.toEqual(before);
  expect((await bench.store.samples.readClosed(series.metricId)).version).not.toBe(version);
  const { rolledUp } = await maintainAll(bench.store, T + 21 * DAY);
  expect(rolledUp.hour).toBeGreaterThan(0);
  expect(await sql`select from rollup_stale`).toHaveLength(0);
  await expectTruth();
});
