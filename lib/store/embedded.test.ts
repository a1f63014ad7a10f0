import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dataDir, isAlive, kill, killTree, postmasterPid, startWriter } from '@/test/support/embedded';
import { until } from '@/test/support/processes';
import { connect } from './connection';
import { type Embedded, openEmbedded } from './embedded';
import { explain } from './embedded/explain';
import { isRoot, SYSTEM_PLACE } from './embedded/identity';

/** A database that was made and stopped, to copy instead of making one for every test. */
let template: string;
beforeAll(async () => {
  template = dataDir('pulseboard-template').path;
  await (await openEmbedded(template, () => {})).close();
});
afterAll(() => rm(template, { recursive: true, force: true }));

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function freshDir(name?: string): string {
  const dir = dataDir(name);
  cleanups.push(dir.remove);
  return dir.path;
}

/** A `DATA_DIR` with a database in it. */
function usedDir(): string {
  const path = freshDir();
  execFileSync('cp', ['-a', template, path]);
  return path;
}

async function open(dir: string): Promise<Embedded> {
  const opened = await openEmbedded(dir, () => {});
  cleanups.push(() => opened.close());
  return opened;
}

async function ask<T>(database: Embedded, question: string): Promise<T> {
  const { sql } = connect(database.connection, {});
  try {
    const [row] = await sql.unsafe(question);
    return Object.values(row ?? {})[0] as T;
  } finally {
    await sql.end();
  }
}

const serverLog = (dir: string) => readFile(join(dir, 'postgres.log'), 'utf8');
const NOT_SHUT_DOWN = /was not properly shut down|was interrupted/;

describe('the embedded database', () => {
  it('is made, stopped in order, and found again with what it held', async () => {
    const dir = freshDir();
    const first = await open(dir);
    expect(first.location).toContain(dir);
    await ask(first, 'create table kept as select 42 as answer');
    const pid = postmasterPid(first.location);
    await first.close();
    await first.close();
    await until(() => expect(isAlive(pid)).toBe(false));

    const second = await open(dir);
    expect(await ask(second, 'select answer from kept')).toBe(42);
    expect(await serverLog(dir)).not.toMatch(NOT_SHUT_DOWN);
  });

  it('commits to disk, and is reached by nobody over the network', async () => {
    const database = await open(usedDir());
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes'])
      expect(await ask(database, `show ${name}`)).toBe('on');
    expect(await ask(database, 'show listen_addresses')).toBe('');
  });

  it('belongs to one server at a time; the second learns whose it is', async () => {
    const dir = usedDir();
    const writer = await startWriter(dir);
    await expect(openEmbedded(dir, () => {})).rejects.toThrow(
      `The database in ${writer.folder} is in use by another Pulseboard (process ${writer.child.pid}): stop that one, or set DATA_DIR to another folder.`,
    );
    const before = writer.acknowledged.size;
    await until(() => expect(writer.acknowledged.size).toBeGreaterThan(before));
    kill(writer.child.pid!);
    await writer.ended;
    // The killed server's session holds the database until it has noticed.
    await until(() => open(dir));
  });

  it('has one owner when two servers make it at once', async () => {
    const dir = freshDir();
    const attempts = await Promise.allSettled([open(dir), open(dir)]);
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const failed = attempts.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(String(failed.reason)).toContain('is in use by another Pulseboard');
  });

  it('does not collide with that of another checkout', async () => {
    const [one, other] = await Promise.all([open(usedDir()), open(usedDir())]);
    await ask(one, 'create table mine as select 1 as number');
    await expect(ask(other, 'select * from mine')).rejects.toThrow('does not exist');
  });

  it('is taken over, still running, from a server that was killed', async () => {
    const dir = usedDir();
    const writer = await startWriter(dir);
    const pid = postmasterPid(writer.folder);
    await until(() => expect(writer.acknowledged.size).toBeGreaterThan(0));
    kill(writer.child.pid!);
    await writer.ended;
    expect(isAlive(pid)).toBe(true);

    const database = await until(() => open(dir));
    expect(postmasterPid(writer.folder)).toBe(pid);
    expect(Number(await ask(database, 'select count(*)::int from samples'))).toBeGreaterThanOrEqual(
      writer.acknowledged.size,
    );
    await database.close();
    await until(() => expect(isAlive(pid)).toBe(false));
  });

  it('recovers by itself when everything was killed', async () => {
    const dir = usedDir();
    const writer = await startWriter(dir);
    await until(() => expect(writer.acknowledged.size).toBeGreaterThan(0));
    kill(writer.child.pid!);
    killTree(postmasterPid(writer.folder));
    await writer.ended;
    const database = await open(dir);
    expect(Number(await ask(database, 'select count(*)::int from samples'))).toBeGreaterThanOrEqual(
      writer.acknowledged.size,
    );
    expect(await serverLog(dir)).toMatch(NOT_SHUT_DOWN);
  });

  it('is started again when it dies under a running server', async () => {
    const database = await open(usedDir());
    await ask(database, 'create table kept as select 42 as answer');
    const pid = postmasterPid(database.location);
    killTree(pid);
    await until(async () => expect(await ask(database, 'select answer from kept')).toBe(42));
    expect(postmasterPid(database.location)).not.toBe(pid);
    const owners = `select count(*)::int from pg_stat_activity where application_name = 'pulseboard owner ${process.pid}'`;
    await until(async () => expect(await ask(database, owners)).toBe(1));
  });

  it('starts although the pid in its pid file now belongs to somebody else', async () => {
    const dir = usedDir();
    const { location, close } = await open(dir);
    const pidFile = await readFile(join(location, 'postmaster.pid'), 'utf8');
    await close();
    // A process of the very user that PostgreSQL runs as, which is what PostgreSQL itself would stumble over.
    const { uid, gid } = await stat(location);
    const innocent = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    cleanups.push(async () => kill(innocent.pid!));
    await writeFile(join(location, 'postmaster.pid'), pidFile.replace(/^\d+/, String(innocent.pid)));
    await open(dir);
    expect(isAlive(innocent.pid!)).toBe(true);
  });

  it('starts although a server was killed before it had written its pid', async () => {
    const dir = usedDir();
    const { location, close } = await open(dir);
    await close();
    await writeFile(join(location, 'postmaster.pid'), '');
    await open(dir);
  });

  it('does not stumble over the remains of a start that was killed half-way', async () => {
    const dir = freshDir();
    await mkdir(join(dir, 'postgres.unfinished-4194303-abc', 'data'), { recursive: true });
    await open(dir);
    await expect(stat(join(dir, 'postgres.unfinished-4194303-abc'))).rejects.toThrow('ENOENT');
  });

  it('works in a folder whose path is too long for a socket', async () => {
    const dir = join(freshDir(), 'a'.repeat(60), 'b'.repeat(60));
    const database = await open(dir);
    expect(database.location).toContain('bbb');
    expect(await ask(database, 'select 1')).toBe(1);
  });

  it('opens a private folder of its own just far enough', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pulseboard-private-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    const database = await open(dir);
    expect(database.location).toBe(join(dir, 'postgres'));
    expect((await stat(dir)).mode & 0o777).toBe(isRoot() ? 0o711 : 0o700);
    expect((await stat(database.location)).mode & 0o777).toBe(0o700);
  });

  it('works under a folder that only its owner may enter, root or not', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pulseboard-private-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    await chmod(dir, 0o700);
    const database = await open(join(dir, 'data'));
    const [folder] = database.location.split(' ');
    if (folder.startsWith(SYSTEM_PLACE)) cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
    expect(folder.startsWith(isRoot() ? SYSTEM_PLACE : dir)).toBe(true);
    await ask(database, 'create table kept as select 42 as answer');
    await database.close();
    const again = await open(join(dir, 'data'));
    expect(again.location).toBe(database.location);
    expect(await ask(again, 'select answer from kept')).toBe(42);
  });
});

describe('a database folder that cannot be used gets one clear sentence', () => {
  const spoil = async (how: (folder: string) => Promise<unknown>): Promise<string> => {
    const dir = usedDir();
    const { location, close } = await open(dir);
    await close();
    await how(location);
    const error = await openEmbedded(dir, () => {}).then(
      () => new Error('it started'),
      (reason: Error) => reason,
    );
    expect(error.message).not.toContain('\n');
    return error.message;
  };

  it('of another version', async () => {
    expect(await spoil((folder) => writeFile(join(folder, 'PG_VERSION'), '12\n'))).toMatch(
      /postgres holds a PostgreSQL 12 database and this is PostgreSQL \d+: .* or set DATA_DIR to another folder\./,
    );
  });

  it('that is none', async () => {
    expect(await spoil((folder) => rm(join(folder, 'PG_VERSION')))).toContain(
      'is not a database folder, or a damaged one',
    );
  });

  it('that is damaged', async () => {
    expect(await spoil((folder) => rm(join(folder, 'global'), { recursive: true }))).toMatch(
      /does not start \(.*\); .*postgres\.log has the details\. Restore the folder/,
    );
  });

  it('that is a file', async () => {
    const dir = freshDir();
    await writeFile(dir, '');
    await expect(openEmbedded(dir, () => {})).rejects.toThrow(`DATA_DIR ${dir} cannot be made (EEXIST)`);
  });

  it.each([
    [
      'PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device',
      /^The disk of \/data is full/,
    ],
    [
      'initdb: error: could not create directory "/data": Read-only file system',
      /^The database folder \/data is not writable/,
    ],
    [
      'FATAL:  could not map anonymous shared memory: Cannot allocate memory',
      /^There is not enough free memory/,
    ],
    [
      'postgres: error while loading shared libraries: libicu.so',
      /^The embedded PostgreSQL does not run on this system/,
    ],
  ])('%s', (said, sentence) => {
    expect(explain(said, '/data', '/log', null).message).toMatch(sentence);
  });
});
