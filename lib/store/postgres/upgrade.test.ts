import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../model';
import {
  type Bench,
  engineUnderTest,
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
  bench = await setUp(engineUnderTest('postgres'), { RETENTION_RAW: 'forever' });
});
afterAll(() => bench.close());

it('a database of the first version, with rollups in it, says the same of counters afterwards', async () => {
  const series = await makeSeries(bench.store, 'requests_total', 3);
  // Every 20 s, with resets, and with pauses of four and of six minutes.
  const times = range(3 * 180).filter((i) => i % 60 < 45 && (i % 60 < 20 || i % 60 > 32));
  const samples = times.flatMap((i) =>
    series.ids.map((id): Triple => [id, T + i * 20_000 + id, (i * id) % 97]),
  );
  await bench.store.append(rowsOf(samples));
  await bench.store.maintain(T + 24 * HOUR);
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
  await sql`delete from migrations.postgres where created_at > (select min(created_at) from migrations.postgres)`;

  await bench.another();
  expect(await ask()).toEqual(before);
});
