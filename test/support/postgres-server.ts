import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Binaries } from '../../lib/store/embedded/binaries';
import { findPlace, initialise, readPassword, SUPERUSER } from '../../lib/store/embedded/folder';
import { findPostmaster, startPostmaster, stopPostmaster } from '../../lib/store/embedded/postmaster';
import { serverSettings } from '../../lib/store/embedded/settings';
import { freePort, until } from './processes';

export interface PostgresServer {
  /** Its database `postgres`, as superuser. */
  url: string;
  /** The process id of the postmaster that runs now. */
  pid(): Promise<number>;
  /** Starts it again after it was killed. */
  restart(): Promise<void>;
  /** Stops it and deletes its data. */
  close(): Promise<void>;
}

/** A throw-away server of these binaries, with the product's own settings and durability unless `settings` say otherwise. */
export async function startPostgresServer(
  binaries: Binaries,
  settings: Record<string, string> = {},
): Promise<PostgresServer> {
  const folder = join(tmpdir(), `pulseboard-postgres-${randomUUID()}`);
  const place = await findPlace(folder);
  const logFile = join(folder, 'postgres.log');
  await initialise(place, binaries, logFile);
  const tcpPort = await freePort();
  const start = () =>
    startPostmaster({
      ...place,
      binaries,
      logFile,
      listen: { tcpPort },
      settings: { ...serverSettings(), ...settings },
    });
  await start();
  const password = await readPassword(place.folder);
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${tcpPort}/postgres`,
    async pid() {
      const running = await findPostmaster(place.folder);
      if (!running) throw new Error(`no server runs in ${place.folder}`);
      return running.pid;
    },
    // A killed server's sessions take a moment to end, and hold its memory until they have.
    restart: () => until(start, 30_000, 200),
    async close() {
      await stopPostmaster(binaries, place.folder, place.identity);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
