import { afterAll, beforeAll, expect, test } from 'vitest';
import { alignDown } from '../../model/points';
import { HOUR } from '../../model/time/duration';
import { type Bench, engineUnderTest, makeSeries, pointsOf, setUp } from '../case/engine-under-test';

/** As a backfill leaves it: more chunks than one statement is to meet. */
const CHUNKS = 900;

let bench: Bench;
beforeAll(async () => {
  bench = await setUp(engineUnderTest('timescale'), { RETENTION_RAW: 'forever' });
});
afterAll(() => bench.close());

test('a percentile over very many chunks is asked in parts, which together are the answer', async () => {
  const series = await makeSeries(bench.store, 'backfilled', 1);
  const end = alignDown(Date.now(), 6 * HOUR);
  const start = end - CHUNKS * HOUR;
  await bench.sql`select set_chunk_time_interval('samples_packed', interval '1 hour')`;
  await bench.sql`
    insert into samples_packed (metric_id, series_id, ts, value)
    select ${series.metricId}::int, ${series.ids[0]}::int, to_timestamp(${start}::float8 / 1000) + i * interval '1 hour', i
    from generate_series(0, ${CHUNKS - 1}::int) i`;
  const question = { aggregates: ['p50', 'count'] as const, start, end, step: 6 * HOUR };
  const expected = Array.from({ length: CHUNKS / 6 }, (_, i) => [start + i * 6 * HOUR, i * 6 + 2.5, 6]);
  expect(await pointsOf(bench.store, series, question)).toEqual(expected);
  expect(bench.store.calls.heavy.givenUp + bench.store.calls.light.givenUp).toBe(0);

  const many = Array.from({ length: 6 }, () => pointsOf(bench.store, series, question));
  const one = { aggregates: ['last'] as const, start: end - HOUR, end, step: HOUR };
  expect(await pointsOf(bench.store, series, one)).toEqual([[end - HOUR, CHUNKS - 1]]);
  for (const points of await Promise.all(many)) expect(points).toHaveLength(CHUNKS / 6);
});
