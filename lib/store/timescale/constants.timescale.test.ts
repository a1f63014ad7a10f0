import { afterAll, beforeAll, expect, it } from 'vitest';
import { STORE_TIERS, TIER } from '../../model/rollup/tiers';
import { type Bench, engineUnderTest, setUp } from '../case/engine-under-test';
import type { RollupTier } from '../sql/rollup-tiers';
import { LEAST_MS } from './policies';
import { POLICY_REACH_MS } from './refresh';

const ROLLUPS = STORE_TIERS.slice(1) as RollupTier[];

let bench: Bench;
beforeAll(async () => {
  bench = await setUp(engineUnderTest('timescale'));
});
afterAll(() => bench.close());

it('rows of a continuous aggregate are as long as a step of their tier', async () => {
  const rows = await bench.sql<Array<{ view: string; ms: number }>>`
    select view_name as view, extract(epoch from bucket[1]::interval)::float8 * 1000 as ms
    from timescaledb_information.continuous_aggregates,
      regexp_match(view_definition, 'time_bucket[(]''([^'']+)''::interval') as bucket
    where view_schema = 'public'`;
  expect(Object.fromEntries(rows.map(({ view, ms }) => [view, ms]))).toEqual(
    Object.fromEntries(ROLLUPS.map((tier) => [TIER[tier].relation, TIER[tier].stepMs])),
  );
});

it('refresh jobs look back no further than upkeep reckons with, nor to what retention may have ended', async () => {
  const rows = await bench.sql<Array<{ view: string; ms: number }>>`
    select view_name as view, extract(epoch from (config->>'start_offset')::interval)::float8 * 1000 as ms
    from timescaledb_information.jobs j
    join timescaledb_information.continuous_aggregates a
      on j.hypertable_name in (a.materialization_hypertable_name, a.view_name)
    where proc_name = 'policy_refresh_continuous_aggregate' and view_schema = 'public'`;
  expect(rows).toHaveLength(ROLLUPS.length);
  for (const tier of ROLLUPS) {
    const reach = rows.find(({ view }) => view === TIER[tier].relation)?.ms;
    const finer = STORE_TIERS[STORE_TIERS.indexOf(tier) - 1];
    expect(reach).toBeLessThanOrEqual(POLICY_REACH_MS[tier]);
    expect(reach).toBeLessThanOrEqual(LEAST_MS[finer]);
  }
});
