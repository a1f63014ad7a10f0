import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../env';
import { log } from '../log';
import { retentionFrom } from '../rollup/steps';
import { chooseEngine } from './choose-engine';
import { type Connection, describeUrl } from './connection';
import { openEmbedded } from './embedded';
import { migrate } from './migrate';
import { openPools } from './pools';
import { createPostgresStore } from './postgres/engine';
import type { Store } from './store';
import { createTimescaleStore } from './timescale/engine';
import { codeOf, isAway, isRefused } from './trouble';

const LONGEST_PAUSE_MS = 5_000;

export interface OpenStore {
  store: Store;
  /** A sentence for people: which engine, and why. */
  engineReason: string;
  /** Where the data lies, for people: a folder, or a host and database. */
  location: string;
  /** The database itself, for programs that look at more than a store shows. */
  connection: Connection;
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
    const choice = await waitFor(
      () => chooseEngine(database.connection, env.STORE_ENGINE),
      database.location,
      notice,
    );
    log().info(choice.reason);
    notice('Bringing the database schema up to date.');
    await waitFor(
      () => migrate(database.connection, ['catalogue', ...choice.schema]),
      database.location,
      notice,
    );

    const pools = openPools(database.connection, env.DATABASE_READ_URL ?? database.connection);
    const retention = retentionFrom(env);
    const store =
      choice.engine === 'timescale'
        ? await createTimescaleStore(database.connection, pools, retention, choice.features)
        : createPostgresStore(pools, retention);
    return {
      store,
      engineReason: choice.reason,
      location: database.location,
      connection: database.connection,
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
