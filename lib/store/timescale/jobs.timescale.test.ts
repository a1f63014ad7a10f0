import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alignDown } from '../../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
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

const NOW = alignDown(Date.now(), DAY);

describe('the database behind a timescale store', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await setUp(engineUnderTest('timescale'));
  });
  afterEach(() => bench.close());

  /** Five days of a sample a minute of two series, rolled up. */
  async function fill() {
    const series = await makeSeries(bench.store, 'filled', 2);
    for (const day of range(5)) {
      const samples = range(24 * 60).flatMap((i) =>
        series.ids.map((id): Triple => [id, NOW - (5 - day) * DAY + i * MINUTE, i % 60]),
      );
      await bench.store.samples.append(rowsOf(samples));
    }
    await maintainAll(bench.store, NOW + HOUR);
    return series;
  }

  const countAt = async (series: { metricId: number; ids: number[] }, start: number, step: number) => {
    const [point] = await pointsOf(bench.store, series, {
      aggregates: ['count'],
      start,
      end: start + step,
      step,
    });
    return point?.[1] ?? 0;
  };

  it('has a hypertable and three continuous aggregates, each on top of the other', async () => {
    const views = await bench.sql`
      select view_name as view, coalesce(
        (select f.view_name from timescaledb_information.continuous_aggregates f where f.materialization_hypertable_name = c.hypertable_name),
        hypertable_name) as source
      from timescaledb_information.continuous_aggregates c order by 1`;
    expect([...views]).toEqual([
      { view: 'rollup_day', source: 'rollup_hour' },
      { view: 'rollup_hour', source: 'rollup_minute' },
      { view: 'rollup_minute', source: 'samples_packed' },
    ]);
  });

  it('has jobs that find nothing wrong when they run', async () => {
    const series = await fill();
    const jobs = await bench.sql<Array<{ id: number; name: string }>>`
      select job_id as id, proc_name as name from timescaledb_information.jobs where job_id >= 1000`;
    expect(jobs.map(({ name }) => name).sort()).toEqual([
      ...Array(4).fill('policy_compression'),
      ...Array(3).fill('policy_refresh_continuous_aggregate'),
      'retention_job',
    ]);
    for (const { id } of jobs) await bench.sql.unsafe(`call run_job(${id})`);
    expect(await countAt(series, NOW - 2 * DAY, DAY)).toBe(2 * 24 * 60);
    const [{ failures }] = await bench.sql`
      select coalesce(sum(total_failures), 0)::int as failures from timescaledb_information.job_stats where job_id >= 1000`;
    expect(failures).toBe(0);
  });

  it('shows a late sample of two days ago at once, and in every aggregate after one round', async () => {
    const series = await fill();
    const late = NOW - 2 * DAY + 7 * HOUR + 5 * MINUTE + 30 * SECOND;
    await bench.store.samples.append(rowsOf([[series.ids[0], late, 1_000]]));
    const tiers = [
      { relation: 'rollup_minute', step: MINUTE, expected: 3 },
      { relation: 'rollup_hour', step: HOUR, expected: 121 },
      { relation: 'rollup_day', step: DAY, expected: 2_881 },
    ];
    for (const { step, expected } of tiers)
      expect(await countAt(series, alignDown(late, step), step)).toBe(expected);

    await maintainAll(bench.store, NOW + HOUR);
    for (const { relation, step, expected } of tiers) {
      const [{ count, max }] = await bench.sql`
        select sum(count)::int as count, max(max) as max from ${bench.sql(relation)}
        where ts = to_timestamp(${alignDown(late, step) / 1000}::float8)`;
      expect({ relation, count, max }).toEqual({ relation, count: expected, max: 1_000 });
      expect(await countAt(series, alignDown(late, step), step)).toBe(expected);
    }
  });

  it('takes late samples into chunks and aggregates that are packed', async () => {
    const series = await fill();
    await bench.sql`
      select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass, if_not_compressed => true)
      from timescaledb_information.chunks where range_end <= ${new Date(NOW).toISOString()}::text::timestamptz`;
    const late = NOW - 3 * DAY + 7 * HOUR + 30 * SECOND;
    const samples = range(50).map((i): Triple => [series.ids[i % 2], late + i * MINUTE, 5]);
    expect(await bench.store.samples.append(rowsOf(samples))).toEqual([]);
    expect(await bench.store.samples.append(rowsOf(samples))).toEqual(range(50));
    const day = alignDown(late, DAY);
    expect(await countAt(series, day, DAY)).toBe(2 * 24 * 60 + 50);
    await maintainAll(bench.store, NOW + HOUR);
    expect(await countAt(series, day, DAY)).toBe(2 * 24 * 60 + 50);
    expect(await countAt(series, alignDown(late, HOUR), HOUR)).toBe(120 + 50);
  });

  it('answers from what is packed, in rows, and not refreshed yet as from one', async () => {
    const series = await fill();
    // Of the newest hours nothing is refreshed; before, some chunks are in order and some are not.
    const samples = range(90).flatMap((i) => series.ids.map((id): Triple => [id, NOW + i * MINUTE, 1]));
    await bench.store.samples.append(rowsOf(samples));
    const points = await pointsOf(bench.store, series, {
      aggregates: ['count'],
      start: NOW - DAY,
      end: NOW + 2 * HOUR,
      step: HOUR,
    });
    expect(points.map(([, count]) => count)).toEqual([...Array(25).fill(120), 60]);
  });

  it('drops samples no refresh will miss, and keeps what was made of them', async () => {
    const series = await fill();
    // As the retention job, run by the database, would with less to keep.
    await bench.sql`select drop_expired(${JSON.stringify({ raw: 2 * DAY })}::text::jsonb, to_timestamp(${NOW / 1000}::float8))`;
    const [{ oldest }] = await bench.sql`select date_part('epoch', min(ts)) * 1000 as oldest from samples`;
    expect(oldest).toBeGreaterThanOrEqual(NOW - 2 * DAY);
    for (const job of await bench.sql`
      select job_id as id from timescaledb_information.jobs where proc_name = 'policy_refresh_continuous_aggregate'`)
      await bench.sql.unsafe(`call run_job(${job.id})`);
    await bench.store.upkeep.maintain(NOW + 2 * HOUR);
    for (const day of range(5)) expect(await countAt(series, NOW - (5 - day) * DAY, DAY)).toBe(2 * 24 * 60);
    expect(await countAt(series, NOW - 4 * DAY, HOUR)).toBe(120);
    expect(await countAt(series, NOW - 4 * DAY, MINUTE)).toBe(2);
  });

  it('does not drop what is not rolled up', async () => {
    const series = await makeSeries(bench.store, 'unrolled', 1);
    await bench.store.samples.append(rowsOf([[series.ids[0], NOW - 6 * DAY, 1]]));
    await bench.sql`select drop_expired(${JSON.stringify({ raw: DAY })}::text::jsonb, now())`;
    expect(await countAt(series, NOW - 6 * DAY, DAY)).toBe(1);
  });
});
