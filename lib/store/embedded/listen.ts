import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './identity';
import { type Listen, SOCKET_PORT } from './postmaster';

/** The longest address a Unix socket can have: 108 bytes on Linux, 104 on macOS, one of them for its end. */
const LONGEST_SOCKET_PATH = 103;

/**
 * How to reach the server of a data folder: over a socket inside it (nobody else can collide with it or open
 * it), in a short folder under the system's temporary one where that path is too long, or over a free TCP port
 * of the loopback address where there are no sockets (Windows, some network file systems).
 */
export async function chooseListen(folder: string, identity: Identity | null): Promise<Listen> {
  if (process.platform !== 'win32') {
    for (const candidate of [async () => folder, () => shortFolder(folder, identity)]) {
      const socketFolder = await candidate();
      if (socketFolder && (await takesSockets(socketFolder))) return { socketFolder };
    }
  }
  return { tcpPort: await freePort() };
}

async function shortFolder(folder: string, identity: Identity | null): Promise<string | null> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const short = join(existsSync('/tmp') ? '/tmp' : tmpdir(), `pulseboard-${name}`);
  const owner = identity?.uid ?? process.getuid?.();
  try {
    await mkdir(short, { mode: 0o700 });
    if (identity) await chown(short, identity.uid, identity.gid);
    await chmod(short, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // Everybody may write to /tmp: a folder that somebody else has put there first is not ours to trust.
  const { uid, mode } = statSync(short);
  return uid === owner && (mode & 0o077) === 0 ? short : null;
}

async function takesSockets(folder: string): Promise<boolean> {
  if (Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) > LONGEST_SOCKET_PATH) return false;
  const trial = join(folder, `.s.${process.pid}`);
  try {
    await listenOnce({ path: trial });
    return true;
  } catch {
    // Whatever the reason, there is another way.
    return false;
  } finally {
    await rm(trial, { force: true });
  }
}

async function freePort(): Promise<number> {
  return listenOnce({ host: '127.0.0.1', port: 0 });
}

function listenOnce(options: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(options, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
