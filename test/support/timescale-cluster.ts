import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findPlace, initialise, readPassword, SUPERUSER } from '../../lib/store/cluster/folder';
import { freePort } from '../../lib/store/cluster/listen';
import { startPostmaster, stopPostmaster } from '../../lib/store/cluster/postmaster';
import { serverSettings } from '../../lib/store/cluster/settings';
import { findTimescaleBinaries } from './timescale-binaries';

declare module 'vitest' {
  interface ProvidedContext {
    /** A throw-away PostgreSQL server that has TimescaleDB, as its superuser; empty where the machine has none. */
    timescaleUrl: string;
  }
}

/** What a server needs for TimescaleDB beyond the settings the product gives every server. */
export const TIMESCALE_SETTINGS = {
  shared_preload_libraries: 'timescaledb',
  'timescaledb.telemetry_level': 'off',
  // Each database with the extension keeps a scheduler, and test files have a database each.
  'timescaledb.max_background_workers': '40',
  max_worker_processes: '60',
};

/**
 * One server with TimescaleDB for a whole test run, wherever the machine has the extension; elsewhere the tests
 * that need it are not there, which is said, and an error with REQUIRE_TIMESCALE=1.
 */
export default async function startTimescale(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const binaries = findTimescaleBinaries();
  if (!binaries) {
    if (process.env.REQUIRE_TIMESCALE === '1')
      throw new Error(
        'REQUIRE_TIMESCALE is 1, but no PostgreSQL on this machine has the timescaledb extension.',
      );
    console.log('timescale: skipped, extension not installed');
    project.provide('timescaleUrl', '');
    return undefined;
  }
  const folder = join(tmpdir(), `pulseboard-timescale-${randomUUID()}`);
  const place = await findPlace(folder);
  const logFile = join(folder, 'postgres.log');
  await initialise(place, binaries, logFile);
  const tcpPort = await freePort();
  await startPostmaster({
    ...place,
    binaries,
    logFile,
    listen: { tcpPort },
    settings: {
      ...serverSettings(),
      ...TIMESCALE_SETTINGS,
      shared_buffers: '128MB',
      max_connections: '200',
      fsync: 'off',
      synchronous_commit: 'off',
    },
  });
  const password = await readPassword(place.folder);
  project.provide('timescaleUrl', `postgres://${SUPERUSER}:${password}@127.0.0.1:${tcpPort}/postgres`);
  return async () => {
    await stopPostmaster(binaries, place.folder, place.identity);
    await rm(folder, { recursive: true, force: true });
  };
}
