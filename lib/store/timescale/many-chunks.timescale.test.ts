import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Aggregate } from '../../model/aggregates';
import { alignDown } from '../../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
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
  expect(bench.store.database.calls.heavy.givenUp + bench.store.database.calls.light.givenUp).toBe(0);

  const many = Array.from({ length: 6 }, () => pointsOf(bench.store, series, question));
  const one = { aggregates: ['last'] as const, start: end - HOUR, end, step: HOUR };
  expect(await pointsOf(bench.store, series, one)).toEqual([[end - HOUR, CHUNKS - 1]]);
  for (const points of await Promise.all(many)) expect(points).toHaveLength(CHUNKS / 6);
});

describe('of five thousand chunks', () => {
  /** 52 days. */
  const MOST = 5_000;
  const WIDTH_MS = 15 * MINUTE;
  const end = alignDown(Date.now(), DAY);
  const start = end - MOST * WIDTH_MS;
  let bench: Bench;
  let series: Awaited<ReturnType<typeof makeSeries>>;

  beforeAll(async () => {
    bench = await setUp(engineUnderTest('timescale'), { RETENTION_RAW: 'forever' });
    series = await makeSeries(bench.store, 'backfilled', 3);
    await bench.sql`select set_chunk_time_interval('samples_packed', interval '15 minutes')`;
    // Each of a statement's chunks needs locks of its own.
    for (let from = 0; from < MOST; from += 250)
      await bench.sql`
        insert into samples_packed (metric_id, series_id, ts, value)
        select ${series.metricId}::int, id, to_timestamp(${start}::float8 / 1000) + i * interval '15 minutes', i
        from generate_series(${from}::int, ${from + 249}::int) i, unnest(${`{${series.ids}}`}::int[]) id`;
  });
  afterAll(() => bench.close());

  const ranges = {
    all: { start, end, step: DAY },
    'all, finely': { start, end, step: 15 * MINUTE },
    'a week by the hour': { start: end - 7 * DAY, end, step: HOUR },
    'an hour by the second': { start: end - HOUR, end, step: SECOND },
  };
  const aggregates: Aggregate[] = ['avg', 'p99', 'rate', 'last', 'stddev', 'sum(avg)', 'max(p50)', 'delta'];

  test.each(Object.keys(ranges) as Array<keyof typeof ranges>)(
    'every question is answered or refused, of %s',
    async (name) => {
      const { start, end, step } = ranges[name];
      const samplesOf = Math.round((end - start) / WIDTH_MS);
      const most = Math.min(samplesOf, Math.ceil((end - alignDown(start, step)) / step));
      for (const aggregate of aggregates) {
        const points = await pointsOf(bench.store, series, {
          aggregates: [aggregate],
          start,
          end,
          step,
        }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(too_expensive|too_busy)$/) });
          return null;
        });
        // Growth is known from the second sample on.
        if (points) expect([most - 1, most]).toContain(points.length);
      }
      const newest = { aggregates: ['last'] as const, start: end - WIDTH_MS, end, step: WIDTH_MS };
      expect(await pointsOf(bench.store, series, newest)).toEqual([[end - WIDTH_MS, MOST - 1]]);
    },
  );
});
