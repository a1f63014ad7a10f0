import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectSamePoints } from '@/test/support/expect-points';
import { runMigration } from '@/test/support/run-migration';
import type { Point } from '../../model/points';
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

beforeEach(async () => {
  bench = await setUp(engineUnderTest('postgres'), { RETENTION_RAW: 'forever' });
});
afterEach(() => bench.close());

it('a database of the first version, with rollups in it, says the same of counters afterwards', async () => {
  const series = await makeSeries(bench.store, 'requests_total', 3);
  // Every 20 s, with resets, and with pauses of four and of six minutes.
  const times = range(3 * 180).filter((i) => i % 60 < 45 && (i % 60 < 20 || i % 60 > 32));
  const samples = times.flatMap((i) =>
    series.ids.map((id): Triple => [id, T + i * 20_000 + id, (i * id) % 97]),
  );
  await bench.store.samples.append(rowsOf(samples));
  await bench.store.upkeep.maintain(T + 24 * HOUR);
  const ask = () =>
    Promise.all(
      [MINUTE, HOUR].map((step) =>
        pointsOf(bench.store, series, {
          aggregates: ['increase', 'rate'],
          start: T,
          end: T + 4 * HOUR,
          step,
        }),
      ),
    );
  const before = await ask();
  expect(before[0].length).toBeGreaterThan(60);

  // Back to what the first version has.
  const { sql } = bench;
  for (const tier of ['minute', 'hour', 'day'])
    await sql.unsafe(`alter table rollup_${tier} drop column entry_increase, drop column entry_ms`);
  await sql`drop function fill_entries, partitions_of, drop_partition`;
  await sql`drop trigger rollup_stale_logged on rollup_stale`;
  await sql`drop function renew_closed_versions`;
  await sql`drop table closed_versions`;
  await sql`drop table migrations.functions`;
  await sql`delete from migrations.postgres where created_at > (select min(created_at) from migrations.postgres)`;

  await bench.another();
  expect(await ask()).toEqual(before);
});

it('a database of the time when a counter started anew after five minutes says what one begun now does', async () => {
  const series = await makeSeries(bench.store, 'jobs_total', 5);
  const pauses = [40_000, 10 * MINUTE, 3 * HOUR, 5 * DAY, 15 * DAY];
  const samples = pauses.flatMap((pause, i) =>
    range(60)
      .map((n) => n * pause)
      .filter((t) => t < 20 * DAY)
      .map((t, n): Triple => [series.ids[i], T + t + i * 1_000, (n * 37) % 101]),
  );
  await bench.store.samples.append(rowsOf(samples));
  await maintainAll(bench.store, T + 21 * DAY);
  // Late when the new version comes, and not rolled up again yet.
  await bench.store.samples.append(rowsOf([[series.ids[3], T + 2 * DAY, 5]]));
  const ask = async () => {
    const answers: Point[][] = [];
    for (const step of [MINUTE, HOUR, DAY])
      for (const start of [T, T + 5 * DAY])
        answers.push(
          await pointsOf(bench.store, series, {
            aggregates: ['increase', 'rate', 'count'],
            start,
            end: start + 600 * Math.min(step, HOUR),
            step,
          }),
        );
    return answers;
  };
  const expected = await ask();
  const { version } = await bench.store.samples.readClosed(series.metricId);

  // What the rows would be if they had been made by the old rule.
  const { sql } = bench;
  const joins = [
    ['minute', 'hour'],
    ['hour', 'day'],
  ];
  for (const tier of ['minute', 'hour', 'day'])
    await sql.unsafe(`update rollup_${tier} set entry_increase = 0, entry_ms = 0 where entry_ms > 5 * 60000`);
  for (const [finer, coarser] of joins)
    await sql.unsafe(`
      update rollup_${coarser} c set increase = f.increase, elapsed_ms = f.elapsed_ms
      from (
        select series_id, date_trunc('${coarser}', ts) as bin,
          sum(increase) + coalesce(sum(entry_increase) filter (where not is_first), 0) as increase,
          sum(elapsed_ms) + coalesce(sum(entry_ms) filter (where not is_first), 0) as elapsed_ms
        from (
          select *, lag(ts) over (partition by series_id, date_trunc('${coarser}', ts) order by ts) is null as is_first
          from rollup_${finer}
        ) f
        group by 1, 2
      ) f
      where f.series_id = c.series_id and f.bin = c.ts`);
  expect(await ask()).not.toEqual(expected);

  await runMigration(sql, 'drizzle/postgres/0004_counters_over_days.sql');
  (await ask()).forEach((points, i) => {
    expectSamePoints(points, expected[i]);
  });
  expect((await bench.store.samples.readClosed(series.metricId)).version).not.toBe(version);
  await maintainAll(bench.store, T + 21 * DAY);
  (await ask()).forEach((points, i) => {
    expectSamePoints(points, expected[i]);
  });
});
