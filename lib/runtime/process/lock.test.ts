import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ended, endWithUs } from '../../../test/support/processes';
import { holderOf, LockHeld, takeLock } from './lock.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulseboard-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that tries to take the lock, says whether it has, and stays. */
function taker(): { child: ChildProcess; said: Promise<string> } {
  const program = `import { takeLock } from ${JSON.stringify(fileURLToPath(new URL('lock.mjs', import.meta.url)))};
    await takeLock(${JSON.stringify(file)}, { note: { port: 3000 } }).then(
      () => console.log('taken'), ({ holder }) => console.log('held by ' + holder.pid));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  return { child, said: once(child.stdout!, 'data').then(([chunk]) => String(chunk).trim()) };
}

/** Taken and given back, which a lock that is held does not allow. */
const take = async () => (await takeLock(file)).release();
const held = (changes: object) => {
  const holder = { pid: process.ppid, started: 'never', place: 'elsewhere', id: 'other', note: {} };
  writeFileSync(file, JSON.stringify({ ...holder, ...changes }));
};

test('belongs to one process, which leaves a note in it; a killed process has none', async () => {
  const { child, said } = taker();
  expect(await said).toBe('taken');
  const refused: LockHeld = await takeLock(file).then(
    () => expect.fail('it was taken'),
    (error) => error,
  );
  expect(refused).toBeInstanceOf(LockHeld);
  expect(refused.holder).toMatchObject({ pid: child.pid, note: { port: 3000 } });
  expect(holderOf(file)).toMatchObject({ pid: child.pid });
  child.kill('SIGKILL');
  await ended(child);
  expect(holderOf(file)).toBeNull();
  await take();
  expect(readdirSync(folder)).toEqual([]);
});

test('has one winner when many take it in the same instant', async () => {
  const takers = Array.from({ length: 6 }, taker);
  const said = await Promise.all(takers.map(({ said }) => said));
  const winner = takers[said.indexOf('taken')];
  expect(said.toSorted()).toEqual([...Array(5).fill(`held by ${winner.child.pid}`), 'taken']);
  for (const { child } of takers) child.kill('SIGKILL');
});

test('does not take another process for its holder because it was given the same id', async () => {
  const { child, said } = taker();
  await said;
  const holder = JSON.parse(readFileSync(file, 'utf8'));
  child.kill('SIGKILL');
  await ended(child);
  held({ ...holder, pid: process.ppid });
  await take();
});

test('as the version before left it is its process’s, too', async () => {
  writeFileSync(file, String(process.ppid));
  await expect(take()).rejects.toThrow(LockHeld);
  writeFileSync(file, String(2 ** 22 + 1));
  await take();
});

test('that was half-written, or has the id of this process from a dead one, is none', async () => {
  for (const text of ['', '{"pid":1', '[]', String(process.pid)]) {
    writeFileSync(file, text);
    await take();
  }
  const lock = await takeLock(file);
  const left = readFileSync(file);
  lock.release();
  writeFileSync(file, left);
  await take();
});

test('is one holder’s within a process, too, until it is released', async () => {
  const lock = await takeLock(file);
  await expect(take()).rejects.toThrow(LockHeld);
  expect(holderOf(file)).toMatchObject({ pid: process.pid });
  lock.release();
  const both = await Promise.allSettled([takeLock(file), takeLock(file)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  for (const each of both) if (each.status === 'fulfilled') each.value.release();
  await take();
});

test('of a container or machine that still gives signs of life is respected, and of one that is silent is not', async () => {
  held({});
  const living = setInterval(() => utimesSync(file, new Date(), new Date()), 500);
  await expect(take()).rejects.toThrow(LockHeld);
  clearInterval(living);
  await take();
});

test('is waited for by a taker that may wait', async () => {
  const { child, said } = taker();
  await said;
  const asked: number[] = [];
  const waiting = takeLock(file, {
    mayWait({ pid }) {
      if (asked.push(pid) === 3) child.kill('SIGTERM');
      return true;
    },
  });
  (await waiting).release();
  expect(new Set(asked)).toEqual(new Set([child.pid]));
});

test('that another took all the same is reported, and not released', async () => {
  const lost = new Promise<void>((resolve) => {
    void takeLock(file, { onLost: resolve }).then(() => held({ place: 'elsewhere' }));
  });
  await lost;
  expect(holderOf(file)?.id).toBe('other');
});
