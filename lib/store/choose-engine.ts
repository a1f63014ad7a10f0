import type { Sql } from 'postgres';
import type { Env } from '../env';
import { type Connection, connect } from './connection';
import { detectTimescale, type Timescale, type TimescaleFeatures } from './timescale/detect';

const OLDEST_VERSION = 15;

export type Choice = { reason: string } & (
  | { engine: 'postgres' }
  | { engine: 'timescale'; features: TimescaleFeatures }
);

/**
 * Which engine a database is run with, and a sentence that says why. A database that holds data keeps the engine it
 * was begun with; a new one gets `timescale` where it has TimescaleDB's community edition.
 *
 * @throws Error with one sentence when the settings ask for what the database cannot give.
 */
export async function chooseEngine(connection: Connection, wanted: Env['STORE_ENGINE']): Promise<Choice> {
  const sql = connect(connection, { max: 1, fetch_types: false });
  try {
    await checkVersion(sql);
    const begun = await begunWith(sql);
    if (begun && wanted !== 'auto' && wanted !== begun)
      throw new Error(
        `STORE_ENGINE is ${wanted}, but this database holds data of the engine ${begun}: set it to auto or ${begun}, or copy the data into a new database with \`npm run db:move\`.`,
      );
    if (wanted === 'postgres')
      return { engine: 'postgres', reason: 'Engine postgres, because STORE_ENGINE says so.' };
    if (begun === 'postgres')
      return { engine: 'postgres', reason: 'Engine postgres, because this database was begun with it.' };

    const timescale = await detectTimescale(sql);
    if (timescale.usable) return chosen(timescale, begun === 'timescale');
    if (wanted === 'timescale' || begun === 'timescale')
      throw new Error(
        `${begun === 'timescale' ? 'This database holds data of the engine timescale' : 'STORE_ENGINE is timescale'}, but ${timescale.reason}: ${timescale.advice}.`,
      );
    return { engine: 'postgres', reason: `Engine postgres, because ${timescale.reason}.` };
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function chosen({ version, features }: Extract<Timescale, { usable: true }>, begun: boolean): Choice {
  const how = features.directCompress
    ? 'writing compressed batches'
    : 'writing rows that are compressed later';
  const why = begun ? 'this database was begun with it' : 'this database has its community edition';
  return {
    engine: 'timescale',
    features,
    reason: `Engine timescale (TimescaleDB ${version}, ${how}), because ${why}.`,
  };
}

async function checkVersion(sql: Sql): Promise<void> {
  const [{ version }] = await sql`select current_setting('server_version_num')::int / 10000 as version`;
  if (version < OLDEST_VERSION)
    throw new Error(
      `The database is PostgreSQL ${version}, Pulseboard needs ${OLDEST_VERSION} or newer: upgrade it, or unset DATABASE_URL to use the embedded one.`,
    );
}

/** The engine whose migrations have run here. */
async function begunWith(sql: Sql): Promise<'postgres' | 'timescale' | null> {
  const [{ postgres, timescale }] = await sql<[{ postgres: boolean; timescale: boolean }]>`
    select to_regclass('migrations.postgres') is not null as postgres, to_regclass('migrations.timescale') is not null as timescale`;
  if (timescale) return 'timescale';
  return postgres ? 'postgres' : null;
}
