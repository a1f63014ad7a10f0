import type { Sql } from 'postgres';
import { type Retention, STORE_TIERS } from '../../model/rollup/tiers';
import { DAY, HOUR } from '../../model/time/duration';
import { chunkInterval } from './chunk-interval';

/** Beyond the retention: samples that were admitted at its very edge are still on their way. */
const MARGIN_MS = HOUR;
/** The database's refresh jobs look back no further than this; what they read must not be gone. */
export const LEAST_MS: Retention = { raw: 3 * HOUR, minute: 2 * DAY, hour: 14 * DAY, day: 0 };

/** What `drop_expired` takes: how long each tier is kept, ms; a tier that is kept for ever is not named. */
export function retentionConfig(retention: Retention): Record<string, number> {
  const kept = STORE_TIERS.filter((tier) => Number.isFinite(retention[tier]));
  return Object.fromEntries(
    kept.map((tier) => [tier, Math.max(LEAST_MS[tier], retention[tier]) + MARGIN_MS]),
  );
}

/**
 * Gives the database's own retention job the settings, and makes new chunks at least as long as that retention
 * needs. Repeating it changes nothing.
 */
export async function setRetention(sql: Sql, retention: Retention): Promise<void> {
  const leastMs = chunkInterval(Number.POSITIVE_INFINITY, retention.raw);
  await sql`
    select set_chunk_time_interval('samples_packed', ${`${leastMs} milliseconds`}::text::interval)
    from timescaledb_information.dimensions
    where hypertable_schema = current_schema() and hypertable_name = 'samples_packed'
      and time_interval < ${`${leastMs} milliseconds`}::text::interval`;
  const config = JSON.stringify(retentionConfig(retention));
  await sql`
    select alter_job(job_id, config => ${config}::text::jsonb) from timescaledb_information.jobs
    where proc_schema = current_schema() and proc_name = 'retention_job' and config is distinct from ${config}::text::jsonb`;
}
