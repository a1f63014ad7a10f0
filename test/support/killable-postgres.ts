import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { findBinaries } from '../../lib/store/embedded/binaries';
import { findPlace, initialise, readPassword, SUPERUSER } from '../../lib/store/embedded/folder';
import { findPostmaster, startPostmaster } from '../../lib/store/embedded/postmaster';
import { serverSettings } from '../../lib/store/embedded/settings';
import type { Engine } from '../../lib/store/store';
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
  /** Stops all its processes where they are, without ending anything: it hangs. Or only those of some connections. */
  pause(applicationName?: string): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function startKillablePostgres(engine: Engine = 'postgres'): Promise<KillablePostgres> {
  const folder = join(tmpdir(), `pulseboard-killable-${randomUUID()}`);
  const place = await findPlace(folder);
  const ofTimescale = engine === 'timescale';
  const binaries = (ofTimescale && findTimescaleBinaries()) || (await findBinaries(place.identity));
  const logFile = join(folder, 'postgres.log');
  await initialise(place, binaries, logFile);
  const port = await freePort();
  const settings = { ...serverSettings(), ...(ofTimescale && TIMESCALE_SETTINGS), max_connections: '100' };

  /** Its process and those it has made, as far as their command line says so. */
  async function processes(): Promise<number[]> {
    const running = await findPostmaster(place.folder);
    if (!running) return [];
    const children = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && parentOf(name) === running.pid,
    );
    return [running.pid, ...children.map(Number)];
  }

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
      const pids = await processes();
      process.kill(running.pid, 'SIGKILL');
      // Those that were stopped notice only when they run.
      for (const pid of pids) if (pid !== running.pid) signal(pid, 'SIGCONT');
      await until(async () => {
        if (await findPostmaster(place.folder)) throw new Error('still there');
      });
    },
    async pause(applicationName) {
      const pids = applicationName ? await connectionsOf(server.url, applicationName) : await processes();
      // The first is who makes new ones.
      for (const pid of pids) signal(pid, 'SIGSTOP');
      if (!applicationName) for (const pid of await processes()) signal(pid, 'SIGSTOP');
    },
    async resume() {
      for (const pid of await processes()) signal(pid, 'SIGCONT');
    },
    async close() {
      await server.kill();
      // The sessions of a killed server may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
  await server.start();
  const password = await readPassword(place.folder);
  return Object.assign(server, { url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres` });
}

/** Whatever has become of it meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function parentOf(pid: string): number | null {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1);
    return Number(afterName?.split(' ')[1]);
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

async function connectionsOf(url: string, applicationName: string): Promise<number[]> {
  const sql = postgres(url, { max: 1 });
  try {
    const rows = await sql<Array<{ pid: number }>>`
      select pid from pg_stat_activity where application_name = ${applicationName}`;
    return rows.map(({ pid }) => pid);
  } finally {
    await sql.end();
  }
}
