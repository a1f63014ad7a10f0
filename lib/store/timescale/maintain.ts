import type { Sql } from 'postgres';
import type { Retention } from '../../model/rollup/tiers';
import { SECOND } from '../../model/time/duration';
import { LOCK, LOCKS } from '../sql/locks';
import type { RollupTier } from '../sql/rollup-tiers';
import { seal } from '../sql/seal';
import { readState } from '../sql/state';
import type { MaintenanceReport } from '../store';
import { compactNext } from './compact';
import type { TimescaleFeatures } from './detect';
import { retentionConfig } from './policies';
import { type Progress, refreshStale, refreshTail } from './refresh';

/** After this a round ends and the next one goes on: a closing server waits for the end of a round. */
const ROUND_MS = 20 * SECOND;
const TIERS: readonly RollupTier[] = ['minute', 'hour', 'day'];

export interface MaintainOptions {
  retention: Retention;
  features: TimescaleFeatures;
  /** Whether to end early: another round goes on. */
  stopped(): boolean;
}

/**
 * One round of upkeep, in steps after each of which everything is consistent: a crash between two loses nothing, and
 * reads are exact at every moment, only slower where upkeep lags. The order is what keeps retention from
 * overtaking the refresh: nothing is dropped that a rollup has yet to be made of.
 *
 * @param session of this round alone: a refresh that fails half-way stands in TimescaleDB's books as under way, and
 *   bars every other one, for as long as its session lives. The turn goes with it, too.
 */
export async function maintain(
  session: Sql,
  now: number,
  options: MaintainOptions,
): Promise<MaintenanceReport> {
  const report: MaintenanceReport = {
    worked: false,
    rolledUp: { minute: 0, hour: 0, day: 0 },
    rolledUpTo: 0,
    partitionsCreated: 0,
    partitionsDropped: 0,
  };
  const [{ mine }] =
    // Held by the session: a refresh is more than one transaction.
    await session`select pg_try_advisory_lock(${LOCKS}::int, ${LOCK.round}::int) as mine`;
  if (mine) report.worked = await seal(session, now);
  if (report.worked) await work(session, now, options, report);
  report.rolledUpTo = (await readState(session)).rolled.minute;
  return report;
}

async function work(
  session: Sql,
  now: number,
  { retention, features, stopped }: MaintainOptions,
  report: MaintenanceReport,
): Promise<void> {
  const giveUpAt = performance.now() + ROUND_MS;
  const goOn = () => !stopped() && performance.now() < giveUpAt;
  const refresher = { sql: session, batches: features.refreshBatches };
  for (const tier of TIERS) {
    report.rolledUp[tier] += await repeat(() => refreshTail(refresher, tier), goOn);
    report.rolledUp[tier] += await repeat(() => refreshStale(refresher, tier), goOn);
  }
  const [{ dropped }] = await session<[{ dropped: number }]>`
    select drop_expired(${JSON.stringify(retentionConfig(retention))}::text::jsonb, to_timestamp(${now}::float8 / 1000)) as dropped`;
  report.partitionsDropped = dropped;
  await forgetHugeOfDropped(session);
  while (goOn() && (await compactNext(session, retention.raw)));
}

/** Until there is nothing left or time is up; returns the rows written. */
async function repeat(step: () => Promise<Progress>, goOn: () => boolean): Promise<number> {
  let total = 0;
  while (goOn()) {
    const { rows, finished } = await step();
    total += rows;
    if (finished) break;
  }
  return total;
}

/** The database's own job drops chunks, too. */
async function forgetHugeOfDropped(session: Sql): Promise<void> {
  await session`
    delete from rollup_huge h
    using (
      select a.view_name as relation, min(c.range_start) as oldest
      from timescaledb_information.continuous_aggregates a
      join timescaledb_information.chunks c
        on (c.hypertable_schema, c.hypertable_name) = (a.materialization_hypertable_schema, a.materialization_hypertable_name)
      where a.view_schema = current_schema() and exists (select from rollup_huge)
      group by 1
    ) kept
    where kept.relation = 'rollup_' || h.tier and h.ts < kept.oldest`;
}
