import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ended, endWithUs } from '../../../test/support/processes';
import {
  filesOf,
  flip,
  spoolFolder,
  takeAll,
  takeFrom,
  writeLegacy,
  writeSpool,
} from '../../../test/support/spool-files';
import { log } from '../../observe/log';
import { HEAD_BYTES } from './record';
import { Segments } from './segments';

/** What a disk does that no test can ask of a real one. */
const disk = vi.hoisted(() => ({
  unreadable: (_path: string, _from: number, _to: number): string => '',
  unmovable: '',
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const fail = (code: string) => Object.assign(new Error(code), { code });
  return {
    ...real,
    async open(path: string, ...rest: [string, number?]) {
      const handle = await real.open(path, ...rest);
      const read = handle.read.bind(handle) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(handle, {
        read: async (bytes: Buffer, at: number, length: number, from: number) => {
          const code = disk.unreadable(path, from, from + length);
          if (code) throw fail(code);
          return read(bytes, at, length, from);
        },
      });
      return handle;
    },
    async rename(from: string, to: string) {
      if (disk.unmovable) throw fail(disk.unmovable);
      return real.rename(from, to);
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = spoolFolder();
  for (const level of ['warn', 'error', 'fatal'] as const)
    vi.spyOn(log(), level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  Object.assign(disk, { unreadable: () => '', unmovable: '' });
  rmSync(folder, { recursive: true, force: true });
});

const records = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, i) => Buffer.from(`${i} `.padEnd(bytes, 'x')));
const idsOf = (payloads: readonly (Buffer | string)[]) =>
  payloads.map((payload) => Number.parseInt(String(payload), 10));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('what the version before left is read, before what this one appends', async () => {
  writeLegacy(folder, 3, records(4));
  writeLegacy(folder, 4, records(8).slice(4));
  const segments = await Segments.open(folder);
  for (const record of records(12).slice(8)) await segments.append(record);
  expect(idsOf(await takeAll(segments))).toEqual(range(0, 12));
  expect([segments.skipped, segments.bytes]).toEqual([{ records: 0, bytes: 0 }, 0]);
  await segments.close();
});

test('damage is found while new records come in: each comes once, in order', async () => {
  const file = await writeSpool(folder, records(20));
  const segments = await Segments.open(folder);
  let next = 20;
  const append = () => segments.append(Buffer.from(`${next++} `));
  for (let i = 0; i < 10; i++) await append();
  flip(file, 7 * (HEAD_BYTES + 10) + HEAD_BYTES);
  flip(file, 13 * (HEAD_BYTES + 10) + 5);
  const taken: Buffer[] = [];
  const appended: Promise<void>[] = [];
  for (let turn = 0; turn < 30; turn++) {
    appended.push(append());
    const { payloads, end } = await segments.peek(100);
    appended.push(append());
    taken.push(...payloads);
    await segments.drop(end);
  }
  await Promise.all(appended);
  taken.push(...(await takeAll(segments)));
  expect(idsOf(taken)).toEqual(range(0, next).filter((id) => id !== 7 && id !== 13));
  expect(segments).toMatchObject({ skipped: { records: 2 }, damagedFileFigures: { files: 1 }, bytes: 0 });
  await segments.close();
  expect(filesOf(folder)).toEqual([]);
});

test('a record that is damaged between being found and being read is left out', async () => {
  const file = await writeSpool(folder, records(10));
  const segments = await Segments.open(folder);
  const { end } = await segments.peek(1);
  flip(file, 4 * (HEAD_BYTES + 10) + HEAD_BYTES + 1);
  await segments.drop(end);
  expect(idsOf(await takeAll(segments))).toEqual([1, 2, 3, 5, 6, 7, 8, 9]);
  expect(segments).toMatchObject({ skipped: { records: 1 }, damagedFileFigures: { files: 1 } });
  await segments.close();
});

test('damaged files are kept within a limit, the newest of them', async () => {
  for (let round = 0; round < 4; round++) {
    const file = await writeSpool(folder, records(10));
    renameSync(file, join(folder, `000000000${round + 1}.spool`));
    flip(join(folder, `000000000${round + 1}.spool`), 60);
    await takeFrom(folder, { damagedBytes: 1_000 });
  }
  expect(filesOf(folder, '.damaged').map((file) => file.slice(-18))).toEqual([
    '0000000003.damaged',
    '0000000004.damaged',
  ]);
  flip(await writeSpool(folder, records(100)), 60);
  const { aside } = await takeFrom(folder, { damagedBytes: 1_000 });
  expect(aside).toEqual({ files: 1, bytes: 1_000 });
});

test('a damaged file that cannot be moved stays, nothing waits for it, and it is moved later', async () => {
  flip(await writeSpool(folder, records(10)), 60);
  const segments = await Segments.open(folder);
  disk.unmovable = 'ENOSPC';
  await segments.append(Buffer.from('10 '));
  expect(idsOf(await takeAll(segments))).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await segments.append(Buffer.from('11 '));
  expect(idsOf(await takeAll(segments))).toEqual([11]);
  expect(segments).toMatchObject({ bytes: 0, damagedFileFigures: { files: 1 }, skipped: { records: 1 } });
  disk.unmovable = '';
  await segments.close();
  expect(filesOf(folder, '.damaged')).toHaveLength(1);
});

test('a file that may not be read is waited for, with everything behind it', async () => {
  await writeSpool(folder, records(3));
  disk.unreadable = (path) => (path.endsWith('0000000001.spool') ? 'EACCES' : '');
  const segments = await Segments.open(folder, { readRetryMs: 0 });
  await segments.append(Buffer.from('3 '));
  for (let i = 0; i < 3; i++) await expect(segments.peek(100)).rejects.toMatchObject({ code: 'EACCES' });
  disk.unreadable = () => '';
  expect(idsOf(await takeAll(segments))).toEqual([0, 1, 2, 3]);
  expect(segments.skipped).toEqual({ records: 0, bytes: 0 });
  await segments.close();
});

test('what a disk does not give is waited for at first, then left out alone, and its file kept', async () => {
  const all = records(50, 1_000);
  await writeSpool(folder, all);
  disk.unreadable = (path, from, to) =>
    path.endsWith('.spool') && from < 20_000 && to > 16_384 ? 'EIO' : '';
  const segments = await Segments.open(folder, { readRetryMs: 50 });
  await segments.append(Buffer.from('50 '));
  await expect(segments.peek(100)).rejects.toMatchObject({ code: 'EIO' });
  let taken: number[] = [];
  await vi.waitFor(async () => {
    taken = idsOf(await takeAll(segments));
  });
  // A page of 4 KiB, and what reaches into it.
  const lost = range(0, 50).filter((i) => i * 1_032 < 20_480 && (i + 1) * 1_032 > 16_384);
  expect(taken).toEqual(range(0, 51).filter((id) => !lost.includes(id)));
  expect(segments).toMatchObject({ skipped: { records: lost.length }, damagedFileFigures: { files: 1 } });
  await segments.close();
});

test('a file that was taken away under us loses what was in it, and nothing after', async () => {
  const segments = await Segments.open(folder, { readRetryMs: 0 });
  await segments.append(Buffer.from('0 '));
  unlinkSync(filesOf(folder)[0]);
  await segments.append(Buffer.from('1 '));
  await segments.append(Buffer.from('2 '));
  const [file] = filesOf(folder);
  expect(idsOf(await takeAll(segments))).toEqual([1, 2]);
  expect(segments.skipped.records).toBe(1);
  // And one that became a folder.
  await segments.append(Buffer.from('3 '));
  unlinkSync(filesOf(folder)[0]);
  mkdirSync(file.replace(/\d+(?=\.spool)/, '0000000004'));
  await segments.append(Buffer.from('4 '));
  expect(idsOf(await takeAll(segments))).toEqual([4]);
  expect(segments).toMatchObject({ skipped: { records: 2 }, damagedFileFigures: { files: 1 } });
  await segments.close();
});

test('two servers with one folder: the second is refused, and the first one’s records stay', async () => {
  const file = join(folder, 'lock');
  const lockModule = fileURLToPath(new URL('../../runtime/process/lock.mjs', import.meta.url));
  const program = `import { takeLock } from ${JSON.stringify(lockModule)};
    await takeLock(${JSON.stringify(file)}); console.log('taken'); setInterval(() => {}, 1000);`;
  const other: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(other);
  await once(other.stdout!, 'data');
  writeLegacy(folder, 1, records(3));
  const before = readFileSync(filesOf(folder)[0]);
  await expect(Segments.open(folder)).rejects.toThrow(
    `SPOOL_DIR ${folder} is in use by process ${other.pid}: give every server a folder of its own.`,
  );
  expect(readFileSync(filesOf(folder)[0])).toEqual(before);
  other.kill('SIGKILL');
  await ended(other);
  expect(idsOf((await takeFrom(folder)).taken)).toEqual([0, 1, 2]);
});

test('who has lost its folder to another takes and writes nothing any more', async () => {
  await writeSpool(folder, records(3));
  const segments = await Segments.open(folder);
  const stranger = { pid: 1, started: 'x', place: 'elsewhere', id: 'other', note: {} };
  writeFileSync(join(folder, 'lock'), JSON.stringify(stranger));
  await vi.waitFor(() => expect(log().fatal).toHaveBeenCalled(), { timeout: 10_000 });
  expect(await segments.peek(100)).toEqual({ payloads: [], end: 0 });
  await expect(segments.append(Buffer.from('x'))).rejects.toThrow('Another process');
  await segments.close();
  expect(statSync(join(folder, 'lock')).size).toBeGreaterThan(0);
});
