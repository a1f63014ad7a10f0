import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../env';
import { isPulseError } from '../model/errors';
import { type Retention, retentionFrom } from '../model/rollup/tiers';
import { log } from '../observe/log';
import { type Choice, chooseEngine } from './choose-engine';
import { type Connection, describeUrl } from './connection';
import { checkDriver } from './driver-version';
import { openEmbedded } from './embedded';
import { Endpoint } from './endpoint';
import type { Lane } from './lane';
import { migrate } from './migrate';
import { codeOf, isAway, isRefused } from './pg-errors';
import { openPools, openSetup, type Pools } from './pools';
import { createPostgresStore } from './postgres/engine';
import type { Store } from './store';
import { createTimescaleStore } from './timescale/engine';

const LONGEST_PAUSE_MS = 5_000;

export interface OpenStore {
  store: Store;
  /** Connections for what is kept besides samples. */
  records: Lane;
  /** And for events: one to store them, one to read them. */
  events: { write: Lane; read: Lane };
  description: StoreDescription;
  /** The database itself, for programs that look at more than a store shows. */
  connection: Connection;
  close(): Promise<void>;
}

/** For people. */
export interface StoreDescription {
  /** A sentence: which engine, and why. */
  engineReason: string;
  /** Where the data lies: a folder, or a host and database. */
  location: string;
}

interface Server {
  connection: Connection;
  location: string;
  close(): Promise<void>;
}

/**
 * Opens the store the settings ask for: starts the embedded database, or waits until the one they name can be
 * reached, brings its schema up to date, picks the engine. `notice` is called with what it waits for.
 *
 * @throws Error with one sentence when waiting would not help.
 */
export async function openStore(env: Env, notice: (reason: string) => void): Promise<OpenStore> {
  checkDriver();
  const database = env.DATABASE_URL ? named(env.DATABASE_URL) : await openEmbedded(env.DATA_DIR, notice);
  const { connection, location } = database;
  const patiently = <T>(attempt: () => Promise<T>) => untilThere(attempt, location, notice);
  const primary = new Endpoint(location, connection);
  const reading = env.DATABASE_READ_URL
    ? new Endpoint(describeUrl(env.DATABASE_READ_URL), env.DATABASE_READ_URL)
    : primary;
  const setup = openSetup(primary);
  const pools = openPools(primary, reading);
  try {
    const choice = await patiently(() => chooseEngine(setup, env.STORE_ENGINE));
    log().info(choice.reason);
    notice('Bringing the database schema up to date.');
    await patiently(() => migrate(setup, ['catalogue', 'records', ...choice.schema]));
    await setup.close();
    const store = await patiently(() => createStore(choice, pools, retentionFrom(env)));
    return {
      store,
      records: pools.lanes.records,
      events: { write: pools.lanes.events, read: pools.lanes.eventReads },
      description: { engineReason: choice.reason, location },
      connection,
      async close() {
        await store.database.close();
        await database.close();
      },
    };
  } catch (error) {
    await Promise.all([setup.close(), pools.close()]);
    await database.close();
    throw error;
  }
}

async function createStore(choice: Choice, pools: Pools, retention: Retention): Promise<Store> {
  return choice.engine === 'timescale'
    ? createTimescaleStore(pools, retention, choice.features)
    : createPostgresStore(pools, retention);
}

function named(url: string): Server {
  return { connection: url, location: describeUrl(url), close: async () => {} };
}

/**
 * Tries until the database can be reached and answers, ever more slowly; says what it is waiting for.
 *
 * @throws Error with one sentence when waiting would not help, and any error that is not the database's.
 */
export async function untilThere<T>(
  attempt: () => Promise<T>,
  location: string,
  notice: (reason: string) => void,
): Promise<T> {
  for (let pauseMs = 100; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      const cause = isPulseError(error) ? (error.cause ?? error) : error;
      if (isRefused(cause))
        throw new Error(
          `The database refuses the connection (${(cause as Error).message}): check the user, password and database name in DATABASE_URL.`,
          { cause },
        );
      const isUnavailable = isPulseError(error) && error.code === 'database_unavailable';
      if (!isAway(cause) && !isUnavailable) throw cause;
      notice(
        `Waiting for the database (${location}; ${isPulseError(cause) ? 'it does not answer' : codeOf(cause)}).`,
      );
      await sleep(pauseMs);
    }
  }
}
