import type { Sql } from 'postgres';
import type { Env } from '../env';
import type { Lane } from './lane';
import type { SchemaPart } from './migrate';
import { detectTimescale, type Timescale, type TimescaleFeatures } from './timescale/detect';

const OLDEST_VERSION = 15;

export type Choice = {
  reason: string;
  /** What the database is to have, beyond the catalogue. */
  schema: readonly SchemaPart[];
} & ({ engine: 'postgres' } | { engine: 'timescale'; features: TimescaleFeatures });

/** The parts of the schema that belong to an engine. */
const ENGINE_PARTS = ['postgres', 'timescale'] as const satisfies readonly SchemaPart[];

/**
 * Which engine a database is run with, and a sentence that says why. A database that holds data keeps the engine it
 * was begun with; a new one gets `timescale` where it has TimescaleDB's community edition.
 *
 * @throws Error with one sentence when the settings ask for what the database cannot give.
 */
export function chooseEngine(setup: Lane, setting: Env['STORE_ENGINE']): Promise<Choice> {
  return setup.run((sql) => choose(sql, setting));
}

async function choose(sql: Sql, setting: Env['STORE_ENGINE']): Promise<Choice> {
  await checkVersion(sql);
  const schema = await begunWith(sql);
  const begun = schema.includes('timescale') ? 'timescale' : schema.includes('postgres') ? 'postgres' : null;
  if (begun && setting !== 'auto' && setting !== begun)
    throw new Error(
      `STORE_ENGINE is ${setting}, but this database holds data of the engine ${begun}: set it to auto or ${begun}, or copy the data into a new database with \`npm run db:move\`.`,
    );
  if (begun === 'postgres' && setting === 'auto')
    return {
      engine: 'postgres',
      schema,
      reason: 'Engine postgres, because this database was begun with it.',
    };
  if (setting === 'postgres')
    return {
      engine: 'postgres',
      schema: begun ? schema : ['postgres'],
      reason: 'Engine postgres, because STORE_ENGINE says so.',
    };

  const timescale = await detectTimescale(sql);
  if (timescale.usable) return chosen(timescale, begun === 'timescale');
  if (setting === 'timescale' || begun === 'timescale')
    throw new Error(
      `${begun === 'timescale' ? 'This database holds data of the engine timescale' : 'STORE_ENGINE is timescale'}, but ${timescale.reason}: ${timescale.advice}.`,
    );
  return {
    engine: 'postgres',
    schema: ['postgres'],
    reason: `Engine postgres, because ${timescale.reason}.`,
  };
}

function chosen({ version, features }: Extract<Timescale, { usable: true }>, begun: boolean): Choice {
  const how = features.directCompress
    ? 'writing compressed batches'
    : 'writing rows that are compressed later';
  const why = begun ? 'this database was begun with it' : 'this database has its community edition';
  return {
    engine: 'timescale',
    schema: ['timescale'],
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

/** The parts whose migrations have run here. */
async function begunWith(sql: Sql): Promise<SchemaPart[]> {
  const rows = await sql<Array<{ part: SchemaPart }>>`
    select part from unnest(${`{${ENGINE_PARTS}}`}::text[]) as part where to_regclass('migrations.' || part) is not null`;
  return rows.map(({ part }) => part);
}
