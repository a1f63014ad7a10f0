import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../env';
import { retentionFrom } from '../rollup/steps';
import { type Connection, connect, describeUrl } from './connection';
import { openEmbedded } from './embedded';
import { migrate } from './migrate';
import { openPools } from './pools';
import { createPostgresStore } from './postgres/engine';
import type { Store } from './store';
import { codeOf, isAway, isRefused } from './trouble';

const OLDEST_VERSION = 15;
const LONGEST_PAUSE_MS = 5_000;

export interface OpenStore {
  store: Store;
  /** Where the data lies, for people: a folder, or a host and database. */
  location: string;
  close(): Promise<void>;
}

interface Database {
  connection: Connection;
  location: string;
  close(): Promise<void>;
}

/**
 * Opens the store the settings ask for: starts the embedded database, or waits until the one they name can be
 * reached, brings its schema up to date, picks the engine. `notice` hears what it is waiting for.
 *
 * @throws Error with one sentence when waiting would not help.
 */
export async function openStore(env: Env, notice: (reason: string) => void): Promise<OpenStore> {
  const database = env.DATABASE_URL ? named(env.DATABASE_URL) : await openEmbedded(env.DATA_DIR, notice);
  try {
    const engine = await waitFor(
      () => pickEngine(database.connection, env.STORE_ENGINE),
      database.location,
      notice,
    );
    notice('Bringing the database schema up to date.');
    await waitFor(() => migrate(database.connection, ['catalogue', engine]), database.location, notice);

    const pools = openPools(database.connection, env.DATABASE_READ_URL ?? database.connection);
    const store = createPostgresStore(pools, retentionFrom(env));
    return {
      store,
      location: database.location,
      async close() {
        await store.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function named(url: string): Database {
  return { connection: url, location: describeUrl(url), close: async () => {} };
}

/** Which engine this database is run with; a second one is chosen here, by what the database offers. */
async function pickEngine(connection: Connection, wanted: Env['STORE_ENGINE']): Promise<'postgres'> {
  const sql = connect(connection, { max: 1, fetch_types: false });
  try {
    const [{ version }] = await sql`select current_setting('server_version_num')::int / 10000 as version`;
    if (version < OLDEST_VERSION)
      throw new Error(
        `The database is PostgreSQL ${version}, Pulseboard needs ${OLDEST_VERSION} or newer: upgrade it, or unset DATABASE_URL to use the embedded one.`,
      );
  } finally {
    await sql.end({ timeout: 1 });
  }
  if (wanted === 'timescale')
    throw new Error(
      'STORE_ENGINE is timescale, which this version does not have: set it to auto or postgres.',
    );
  return 'postgres';
}

/** Tries until the database can be reached, ever more slowly. */
async function waitFor<T>(
  attempt: () => Promise<T>,
  location: string,
  notice: (reason: string) => void,
): Promise<T> {
  for (let pauseMs = 100; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      if (isRefused(error))
        throw new Error(
          `The database refuses the connection (${(error as Error).message}): check the user, password and database name in DATABASE_URL.`,
          { cause: error },
        );
      if (!isAway(error)) throw error;
      notice(`Waiting for the database (${location}; ${codeOf(error)}).`);
      await sleep(pauseMs);
    }
  }
}
