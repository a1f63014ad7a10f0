import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findBinaries } from '../../lib/store/embedded/binaries';
import { findPlace, initialise, readPassword, SUPERUSER } from '../../lib/store/embedded/folder';
import { startPostmaster, stopPostmaster } from '../../lib/store/embedded/postmaster';
import { serverSettings } from '../../lib/store/embedded/settings';
import { freePort } from './processes';

declare module 'vitest' {
  interface ProvidedContext {
    /** A throw-away PostgreSQL server, as its superuser; its databases are made by `createTestDatabase`. */
    postgresUrl: string;
  }
}

/**
 * One PostgreSQL server for a whole test run, from the binaries the product embeds; ended and deleted with the
 * run. It does not survive a crash of the machine, which tests do not need: what must survive a crash of the
 * database is tested on servers of its own, with the product's settings.
 */
export default async function startCluster(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(tmpdir(), `pulseboard-test-${randomUUID()}`);
  const place = await findPlace(folder);
  const binaries = await findBinaries(place.identity);
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
      shared_buffers: '128MB',
      max_connections: '200',
      fsync: 'off',
      synchronous_commit: 'off',
    },
  });
  const password = await readPassword(place.folder);
  project.provide('postgresUrl', `postgres://${SUPERUSER}:${password}@127.0.0.1:${tcpPort}/postgres`);
  return async () => {
    await stopPostmaster(binaries, place.folder, place.identity);
    await rm(folder, { recursive: true, force: true });
  };
}
