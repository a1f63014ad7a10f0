import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { childEnv } from '../../runtime/process/child-env.mjs';
import { endWithProcess } from '../../runtime/process/children';
import { isAlive } from '../../runtime/process/is-alive.mjs';
import type { Binaries } from './binaries';
import { explainFailure } from './explain';
import type { Identity } from './identity';

const run = promisify(execFile);
const POLL_MS = 20;
const STOP_TIMEOUT_S = 60;
const WRITTEN_WITHIN_MS = 2_000;
const LOG_LIMIT_BYTES = 8 * 2 ** 20;

/** Where a server listens: a folder with its socket, or a port of the loopback address. */
export type Listen = { socketFolder: string } | { tcpPort: number };

/** What `postmaster.pid` in a data folder says about the server that wrote it. */
export interface Postmaster {
  pid: number;
  listen: Listen;
  ready: boolean;
}

/** Sockets are named after a port number even where there is no port. */
export const SOCKET_PORT = 5432;
const SOCKET_LOCK = `.s.PGSQL.${SOCKET_PORT}.lock`;

/** The server running on this data folder; null when there is none, whatever a killed one has left behind. */
export async function findPostmaster(folder: string): Promise<Postmaster | null> {
  const found = await readPidFile(folder);
  if (found && (await isServerOf(found.pid, folder))) return found;
  return null;
}

async function readPidFile(folder: string): Promise<Postmaster | null> {
  let text: string;
  try {
    text = await readFile(join(folder, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const [pid, , , port, socketFolder, , , status] = text.split('\n').map((line) => line.trim());
  if (!Number(pid)) return null;
  return {
    pid: Math.abs(Number(pid)),
    listen: socketFolder ? { socketFolder } : { tcpPort: Number(port) },
    ready: status === 'ready',
  };
}

/** A process id in a file may by now be anybody's: after a reboot, or in a fresh container. */
async function isServerOf(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  return (await commandOf(pid)).includes(folder);
}

async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await run('ps', ['-p', String(pid), '-o', 'command='], { env: childEnv() })).stdout;
  } catch {
    // It has ended in this moment.
    return '';
  }
}

export interface StartOptions {
  binaries: Binaries;
  folder: string;
  identity: Identity | null;
  listen: Listen;
  settings: Record<string, string>;
  logFile: string;
}

/**
 * Starts a server and resolves when it takes connections, however long its recovery needs. It is a process
 * group of its own: Ctrl-C in a terminal reaches the dashboard, which stops the database after its last commit.
 *
 * @throws Error with one sentence when it ends instead.
 */
export async function startPostmaster(options: StartOptions): Promise<void> {
  const { binaries, folder, identity, listen, settings, logFile } = options;
  await removeStalePidFile(folder);
  await removeEmptyLockFiles(folder, listen);
  await rotate(logFile);
  const logFrom = await sizeOf(logFile);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(
    binaries.postgres,
    ['-D', folder, ...flags({ ...settings, ...listenSettings(listen) })],
    {
      ...identity,
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: childEnv({ LC_ALL: 'C', TZ: 'UTC' }),
    },
  );
  closeSync(log);
  child.unref();
  // Also while it starts, before anything uses it: in order, which PostgreSQL calls "fast".
  endWithProcess(child, 'SIGINT');

  let ended: unknown = null;
  child.once('error', (error) => {
    ended = error;
  });
  child.once('exit', (code, signal) => {
    ended ??= new Error(`postgres ended with ${signal ?? code}`);
  });
  for (;;) {
    await sleep(POLL_MS);
    if (ended) throw await explainFailure(folder, logFile, logFrom, ended);
    const written = await readPidFile(folder);
    if (written?.pid === child.pid && written?.ready) return;
  }
}

/** Stops the server of this folder in order: sessions are ended, everything is written. Resolves when it is gone. */
export async function stopPostmaster(
  binaries: Binaries,
  folder: string,
  identity: Identity | null,
): Promise<void> {
  const running = await findPostmaster(folder);
  if (!running) return;
  const stop = (mode: 'fast' | 'immediate') =>
    run(binaries.pgCtl, ['stop', '-D', folder, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S)], {
      ...identity,
      cwd: folder,
      env: childEnv(),
    });
  try {
    await stop('fast');
  } catch (error) {
    if (!isAlive(running.pid)) return;
    // It takes too long: it is killed, as in a crash, and recovers from its log at the next start.
    await stop('immediate').catch(() => {
      throw error;
    });
  }
}

/**
 * What `kill -9` leaves behind. PostgreSQL recognises most of it, but not a process id that now belongs to
 * another process of its own user.
 */
async function removeStalePidFile(folder: string): Promise<void> {
  const left = await readPidFile(folder);
  if (!left || !isAlive(left.pid) || (await isServerOf(left.pid, folder))) return;
  await rm(join(folder, 'postmaster.pid'), { force: true });
  if ('socketFolder' in left.listen) await rm(join(left.listen.socketFolder, SOCKET_LOCK), { force: true });
}

/** Whoever makes a lock file writes to it at once. One that stays empty is of a server that was killed in between. */
async function removeEmptyLockFiles(folder: string, listen: Listen): Promise<void> {
  const files = [join(folder, 'postmaster.pid')];
  if ('socketFolder' in listen) files.push(join(listen.socketFolder, SOCKET_LOCK));
  for (const file of files) {
    const found = await stat(file).catch(() => null);
    if (found?.size === 0 && Date.now() - found.mtimeMs > WRITTEN_WITHIN_MS) await rm(file, { force: true });
  }
}

function listenSettings(listen: Listen): Record<string, string> {
  if ('tcpPort' in listen)
    return { listen_addresses: '127.0.0.1', port: String(listen.tcpPort), unix_socket_directories: '' };
  return {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    unix_socket_directories: listen.socketFolder,
    unix_socket_permissions: '0700',
  };
}

function flags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function rotate(logFile: string): Promise<void> {
  if ((await sizeOf(logFile)) > LOG_LIMIT_BYTES) await rename(logFile, `${logFile}.1`);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
