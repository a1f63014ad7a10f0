import type { Sql } from 'postgres';
import { codeOf } from '../pg-errors';

/** The oldest TimescaleDB whose continuous aggregates and columnstore this engine is written for. */
const OLDEST = [2, 20] as const;

/** What this TimescaleDB does beyond what every one since 2.20 does. */
export interface TimescaleFeatures {
  /** It can insert compressed batches straight away, into a hypertable with continuous aggregates. */
  directCompress: boolean;
  /** Its refresh works in batches of a few rows and has a setting against that. */
  refreshBatches: boolean;
}

export type Timescale =
  | { usable: true; version: string; features: TimescaleFeatures }
  /** `reason`: a clause that goes on after "because". */
  | { usable: false; reason: string; advice: string };

/**
 * What TimescaleDB this database has; where it is installed on the server but not in the database, it is created,
 * if this user may.
 */
export async function detectTimescale(sql: Sql): Promise<Timescale> {
  const [{ available }] = await sql<[{ available: boolean }]>`
    select exists (select from pg_available_extensions where name = 'timescaledb') as available`;
  if (!available)
    return unusable(
      'the server does not have TimescaleDB',
      'install it from https://docs.timescale.com, or use the image timescale/timescaledb',
    );

  const refusal = await createExtension(sql);
  if (refusal)
    return unusable(
      `the extension timescaledb could not be created (${refusal})`,
      'run `create extension timescaledb` as a superuser, with shared_preload_libraries = timescaledb in postgresql.conf',
    );

  const [{ version, license }] = await sql<[{ version: string; license: string | null }]>`
    select extversion as version, current_setting('timescaledb.license', true) as license
    from pg_extension where extname = 'timescaledb'`;
  const [major, minor] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    return unusable(
      `it has TimescaleDB ${version}, older than ${OLDEST.join('.')}`,
      'upgrade it with `alter extension timescaledb update`',
    );
  if (license !== 'timescale')
    return unusable(
      `its TimescaleDB ${version} is the Apache edition, without continuous aggregates and columnstore`,
      "install the community edition and set timescaledb.license = 'timescale'",
    );
  return { usable: true, version, features: await detectFeatures(sql) };
}

/** @returns why not, or null when the extension is there. */
async function createExtension(sql: Sql): Promise<string | null> {
  const [{ there }] = await sql<[{ there: boolean }]>`
    select exists (select from pg_extension where extname = 'timescaledb') as there`;
  if (there) return null;
  try {
    await sql`create extension if not exists timescaledb`;
    return null;
  } catch (error) {
    // Not preloaded, not allowed, or two servers at once, of which the other has made it.
    if (['23505', '42710'].includes(codeOf(error))) return null;
    if (codeOf(error)) return (error as Error).message;
    throw error;
  }
}

async function detectFeatures(sql: Sql): Promise<TimescaleFeatures> {
  const [features] = await sql<[TimescaleFeatures]>`
    select
      -- This setting came with the version that can do it for hypertables with continuous aggregates.
      current_setting('timescaledb.direct_compress_insert_tuple_sort_limit', true) is not null as "directCompress",
      exists (
        select from pg_proc where proname = 'refresh_continuous_aggregate' and 'options' = any(proargnames)
      ) as "refreshBatches"`;
  return features;
}

function unusable(reason: string, advice: string) {
  return { usable: false, reason, advice } as const;
}
