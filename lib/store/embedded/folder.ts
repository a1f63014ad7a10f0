import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../runtime/process/child-env.mjs';
import { endWithProcess } from '../../runtime/process/children';
import { isAlive } from '../../runtime/process/is-alive.mjs';
import type { Binaries } from './binaries';
import { explain } from './explain';
import { type Identity, isRoot, mayEnter, SYSTEM_PLACE, systemUser } from './identity';

const run = promisify(execFile);

/** The database's superuser. Only users who may open the folder can connect. */
export const SUPERUSER = 'pulseboard';
const PASSWORD_FILE = 'pulseboard.password';

export interface Place {
  /** The data folder itself, absolute and without symbolic links. */
  folder: string;
  /** Whom the server must run as; null: as this process. */
  identity: Identity | null;
  /** Whether the folder holds a database already. */
  exists: boolean;
  /** `DATA_DIR/postgres`, where people look for it: the folder, or a link to it. */
  link: string;
}

/**
 * Where the database of `dataDir` lies, or is to be made. Normally `<dataDir>/postgres`. Where root starts us and
 * the `postgres` user may not enter that (a checkout under /root), a system folder with a link from there.
 */
export async function findPlace(dataDir: string): Promise<Place> {
  const link = join(resolve(dataDir), 'postgres');
  await makeDataDir(dirname(link));
  if (isThere(link)) return existingPlace(link);
  if (!isRoot())
    return { folder: join(realpathSync(dirname(link)), 'postgres'), identity: null, exists: false, link };

  const identity = await systemUser();
  const inside = join(realpathSync(dirname(link)), 'postgres');
  const folder = mayEnter(dirname(inside), identity) ? inside : await systemFolder(inside);
  return { folder, identity, exists: isThere(folder), link };
}

function existingPlace(link: string): Place {
  let folder: string;
  try {
    folder = realpathSync(link);
  } catch (cause) {
    throw new Error(
      `${link} points to a folder that is gone: remove the link to start with an empty database.`,
      {
        cause,
      },
    );
  }
  const { uid, gid } = statSync(folder);
  if (isRoot()) {
    if (uid !== 0) return { folder, identity: { uid, gid }, exists: true, link };
    throw new Error(
      `The database folder ${folder} belongs to root, as whom PostgreSQL does not run: give it to another user.`,
    );
  }
  const me = process.getuid?.() ?? uid;
  if (uid === me) return { folder, identity: null, exists: true, link };
  throw new Error(
    `The database folder ${folder} belongs to another user (id ${uid}): start as that user or as root, or set DATA_DIR to another folder.`,
  );
}

/** @throws Error with one sentence when there cannot be such a folder. */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    // Where we are root another user must get through it; what is secret inside will have a mode of its own. A folder
    // that serves other ends as well, and those above this one, are not ours to open.
    if (isRoot() && (await readdir(dataDir)).length === 0)
      await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new Error(`The disk of ${dataDir} is full: free some space and start again.`, { cause });
    throw new Error(
      `DATA_DIR ${dataDir} cannot be made (${code}): set it to a folder this user may write to.`,
      { cause },
    );
  }
}

async function systemFolder(inside: string): Promise<string> {
  try {
    await mkdir(SYSTEM_PLACE, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new Error(
      `PostgreSQL does not run as root, and its user may not enter ${dirname(inside)}: set DATA_DIR to a folder that everybody may enter.`,
      { cause },
    );
  }
  const name = createHash('sha256').update(inside).digest('hex').slice(0, 12);
  return join(SYSTEM_PLACE, name);
}

/**
 * Makes an empty database. It is made beside its place and then moved there in one step: a start that is killed
 * half-way leaves nothing that looks like a database, and of two that race one wins.
 */
export async function initialise(
  { folder, identity, link }: Place,
  binaries: Binaries,
  logFile: string,
): Promise<void> {
  await removeUnfinished(folder);
  const unfinished = await makeUnfinished(folder, identity);
  const passwordFile = join(unfinished, PASSWORD_FILE);
  const target = join(unfinished, 'data');
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (identity) await chown(passwordFile, identity.uid, identity.gid);
  const options = [
    ['-D', target],
    ['--username', SUPERUSER],
    ['--pwfile', passwordFile],
    // Who reaches the socket is let in: its folder is closed to everybody else.
    ['--auth-local', 'trust'],
    ['--auth-host', 'scram-sha-256'],
    ['--encoding', 'UTF8'],
    ['--locale', 'C'],
    ['--no-instructions'],
  ];
  try {
    const making = run(binaries.initdb, options.flat(), {
      ...identity,
      cwd: unfinished,
      env: childEnv({ LC_ALL: 'C', TZ: 'UTC' }),
    });
    endWithProcess(making.child, 'SIGTERM');
    await making;
    await rename(passwordFile, join(target, PASSWORD_FILE));
    await moveIntoPlace(target, folder);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    await writeFile(logFile, said, { flag: 'a', mode: 0o600 });
    throw explain(said, folder, logFile, error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  if (!isThere(link)) await symlink(folder, link).catch(unlessThere);
}

async function makeUnfinished(folder: string, identity: Identity | null): Promise<string> {
  try {
    const unfinished = await mkdtemp(`${folder}.unfinished-${process.pid}-`);
    if (identity) await chown(unfinished, identity.uid, identity.gid);
    return unfinished;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new Error(`The disk of ${folder} is full: free some space and start again.`, { cause });
    throw new Error(
      `${dirname(folder)} is not writable (${code}): set DATA_DIR to a folder this user may write to.`,
      { cause },
    );
  }
}

/** What starts that were killed have left; those of living processes are at work. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const pid = new RegExp(`^${basename(folder)}\\.unfinished-(\\d+)-`).exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

async function moveIntoPlace(made: string, folder: string): Promise<void> {
  try {
    await rename(made, folder);
  } catch (error) {
    if (
      !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '') ||
      !isThere(folder)
    )
      throw error;
  }
}

/** What a password over TCP is; sockets need none. */
export async function readPassword(folder: string): Promise<string> {
  return readFile(join(folder, PASSWORD_FILE), 'utf8');
}

/**
 * @throws Error when this is not the data folder of a PostgreSQL of this major version.
 */
export async function checkVersion(folder: string, major: number): Promise<void> {
  let found: string;
  try {
    found = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  } catch (cause) {
    throw new Error(
      `${folder} is not a database folder, or a damaged one (no PG_VERSION in it): restore it from a backup, or move it away to start with an empty one.`,
      { cause },
    );
  }
  if (found === String(major)) return;
  throw new Error(
    `${folder} holds a PostgreSQL ${found} database and this is PostgreSQL ${major}: run it with a PostgreSQL ${found} server and DATABASE_URL, dump it there and restore it here, or set DATA_DIR to another folder.`,
  );
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
