import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from '../../lib/store/cluster/binaries';
import { findPlace, initialise, readPassword, SUPERUSER } from '../../lib/store/cluster/folder';
import { findPostmaster, startPostmaster } from '../../lib/store/cluster/postmaster';
import { serverSettings } from '../../lib/store/cluster/settings';
import type { Store } from '../../lib/store/store';
import { freePort, until } from './processes';
import { findTimescaleBinaries } from './timescale-binaries';
import { TIMESCALE_SETTINGS } from './timescale-server';

/** A database server of a test's own, with the product's settings: what it has acknowledged survives a kill. */
export interface KillablePostgres {
  readonly url: string;
  readonly port: number;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startKillablePostgres(engine: Store['engine'] = 'postgres'): Promise<KillablePostgres> {
  const folder = join(tmpdir(), `pulseboard-killable-${randomUUID()}`);
  const place = await findPlace(folder);
  const ofTimescale = engine === 'timescale';
  const binaries = (ofTimescale && findTimescaleBinaries()) || (await findBinaries(place.identity));
  const logFile = join(folder, 'postgres.log');
  await initialise(place, binaries, logFile);
  const port = await freePort();
  const settings = { ...serverSettings(), ...(ofTimescale && TIMESCALE_SETTINGS), max_connections: '100' };

  const server: KillablePostgres = {
    port,
    url: '',
    // A killed server's sessions take a moment to end, and hold its memory until they have.
    start: () =>
      until(
        () => startPostmaster({ ...place, binaries, logFile, listen: { tcpPort: port }, settings }),
        20_000,
        200,
      ),
    async kill() {
      const running = await findPostmaster(place.folder);
      if (!running) return;
      process.kill(running.pid, 'SIGKILL');
      await until(async () => {
        if (await findPostmaster(place.folder)) throw new Error('still there');
      });
    },
    async close() {
      await server.kill();
      // The sessions of a killed server may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
  await server.start();
  const password = await readPassword(place.folder);
  return { ...server, url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres` };
}
