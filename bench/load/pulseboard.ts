import { randomBytes } from 'node:crypto';
import { connect } from '../../lib/store/connection';
import { findBinaries } from '../../lib/store/embedded/binaries';
import { systemUser } from '../../lib/store/embedded/identity';
import type { Engine } from '../../lib/store/store';
import { type PostgresServer, startPostgresServer } from '../../test/support/postgres-server';
import { startRedis } from '../../test/support/redis';
import { findTimescaleBinaries } from '../../test/support/timescale-binaries';
import { startTimescaleServer } from '../../test/support/timescale-server';
import { type BenchDatabase, lookInto, openDatabase } from '../support/database';
import { type BenchServer, startServer } from '../support/server';
import { PROBE } from '../support/viewers';
import type { Bus, Scene, Storage } from './scene';

export interface Setup {
  engine: Engine;
  bus: Bus;
  nodes: number;
}

const MAX_STREAMS = { MAX_STREAMS: '10000', MAX_STREAMS_PER_ADDRESS: '10000' };

/**
 * Pulseboard's servers on one database, with Redis between them where there are several.
 * One node on `postgres` runs the embedded database, as the product does by itself; everything else shares a server of
 * the same settings.
 *
 * @throws Error with a sentence where the machine lacks what the setup asks for
 */
export async function openPulseboard({ engine, bus, nodes }: Setup): Promise<Scene> {
  if (nodes > 1 && bus === 'memory') throw new Error('Several nodes need --bus redis.');
  const offSwitches: Array<() => Promise<unknown>> = [];
  const close = async () => {
    for (const off of offSwitches.splice(0).reverse()) await off();
  };
  try {
    const environment: Record<string, string> = { ...MAX_STREAMS, STORE_ENGINE: engine };
    let redisPid: number | null = null;
    if (bus === 'redis') {
      const redis = await startRedis();
      offSwitches.push(() => redis.close());
      redisPid = redis.pid;
      environment.REDIS_URL = redis.url;
      environment.SESSION_SECRET = randomBytes(24).toString('hex');
    }
    const isEmbedded = engine === 'postgres' && nodes === 1;
    const shared = isEmbedded ? null : await startShared(engine);
    if (shared) {
      offSwitches.push(() => shared.close());
      environment.DATABASE_URL = await makeDatabase(shared);
    }
    const servers: BenchServer[] = [];
    for (let i = 0; i < nodes; i++) {
      const server = await startServer(environment);
      offSwitches.push(() => server.close());
      servers.push(server);
    }
    const database = shared
      ? lookInto(environment.DATABASE_URL, await shared.pid())
      : await openDatabase(servers[0].dataDir);
    offSwitches.push(() => database.close());
    return {
      system: engine,
      ports: servers.map(({ port }) => port),
      pids: { servers: servers.map(({ pid }) => pid), postmaster: database.pid, redis: redisPid },
      storage: storageOf(database),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function storageOf({ sumSamples, size, versions }: BenchDatabase): Storage {
  return {
    sums: () => sumSamples(PROBE),
    size,
    async describe() {
      const { postgres, timescale, durability } = await versions();
      const database = `PostgreSQL ${postgres}${timescale ? `, TimescaleDB ${timescale}` : ''}`;
      return { database, durability: `after the commit (${durability})` };
    },
  };
}

/** Whether this machine can run the engine. */
export function hasEngine(engine: Engine): boolean {
  return engine === 'postgres' || findTimescaleBinaries() !== null;
}

async function startShared(engine: Engine): Promise<PostgresServer> {
  if (engine === 'postgres') return startPostgresServer(await findBinaries(await identity()));
  const binaries = findTimescaleBinaries();
  if (!binaries) throw new Error('No PostgreSQL on this machine has the timescaledb extension.');
  return startTimescaleServer(binaries);
}

/** Whom a database runs as: root's one as another user. */
async function identity() {
  return process.getuid?.() === 0 ? systemUser() : null;
}

async function makeDatabase({ url }: PostgresServer): Promise<string> {
  const { sql } = connect(url, {});
  await sql`create database pulseboard`;
  await sql.end();
  const own = new URL(url);
  own.pathname = '/pulseboard';
  return own.toString();
}
