import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  filesOf,
  flip,
  legacyRecord,
  spoil,
  spoolFolder,
  takeAll,
  takeFrom,
  writeLegacy,
  writeSpool,
} from '../../../test/support/spool-files';
import { log } from '../../observe/log';
import { HEAD_BYTES, MARKER } from './record';
import { Segments } from './segments';

let folder: string;
const logged: Array<{ level: string; file?: string; records?: number; bytes?: number }> = [];
beforeEach(() => {
  folder = spoolFolder();
  logged.length = 0;
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(log(), level).mockImplementation((fields: unknown) => {
      logged.push({ level, ...(fields as object) });
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const text = (i: number) => `[{"name":"m","value":${i}}]`;
const records = (count: number) => Array.from({ length: count }, (_, i) => Buffer.from(text(i)));
const texts = (...ids: number[]) => ids.map(text);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Where the i-th of these records begins. */
const startOf = (payloads: readonly Buffer[], i: number, headBytes = HEAD_BYTES) =>
  payloads.slice(0, i).reduce((sum, { length }) => sum + headBytes + length, 0);

/** Where the n-th record begins, or the file ends: no stored payload has a marker. */
function nthMarker(bytes: Buffer, n: number): number {
  let at = 0;
  for (let i = 0; i < n && at !== -1; i++) at = bytes.indexOf(MARKER, at + 1);
  return at === -1 ? bytes.length : at;
}

describe('one flipped bit', () => {
  test('in record 10 of 40 costs that record, and is logged', async () => {
    const payloads = records(40);
    const file = await writeSpool(folder, payloads);
    const size = payloads[10].length + HEAD_BYTES;
    flip(file, startOf(payloads, 10) + HEAD_BYTES + 5);
    const damaged = readFileSync(file);
    const { taken, skipped, aside, bytes } = await takeFrom(folder);
    expect(taken).toEqual(texts(...range(0, 10), ...range(11, 40)));
    expect([skipped, aside, bytes]).toEqual([
      { records: 1, bytes: size },
      { files: 1, bytes: damaged.length },
      0,
    ]);
    const [kept] = filesOf(folder, '.damaged');
    expect(readFileSync(kept)).toEqual(damaged);
    expect(logged).toEqual([
      { level: 'error', file, records: 1, bytes: size },
      { level: 'error', file: kept },
    ]);
    expect(readdirSync(folder)).toEqual(['0000000001.damaged']);
  });

  test.each(['this version', 'the version before'])(
    'anywhere costs the record it is in: %s',
    async (version) => {
      const payloads = [
        ...records(4),
        Buffer.from('short'),
        Buffer.from(`[${'"é",'.repeat(9)}""]`),
        ...records(2),
      ];
      const head = version === 'this version' ? HEAD_BYTES : 8;
      const file = head === 8 ? writeLegacy(folder, 1, payloads) : await writeSpool(folder, payloads);
      const whole = readFileSync(file);
      for (let at = 0; at < whole.length; at++) {
        writeFileSync(file, whole);
        flip(file, at);
        const hit = payloads.findIndex((_, i) => at < startOf(payloads, i + 1, head));
        const { taken, skipped } = await takeFrom(folder);
        expect(taken, `at ${at}`).toEqual(payloads.filter((_, i) => i !== hit).map(String));
        // The last one looks like a write that was not finished.
        expect(skipped.records, `at ${at}`).toBe(hit === payloads.length - 1 ? 0 : 1);
        for (const left of filesOf(folder, '.damaged')) rmSync(left);
      }
    },
  );

  test('in each of many places costs exactly the records that are touched', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 2, maxLength: 12 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
        async (arrays, places) => {
          const fresh = spoolFolder();
          const payloads = arrays.map((bytes) => Buffer.from(bytes));
          const file = await writeSpool(fresh, payloads);
          const { size } = statSync(file);
          const whole = readFileSync(file);
          const ends = payloads.map((_, i) => nthMarker(whole, i + 1));
          const hit = new Set<number>();
          for (const at of new Set(places.map((place) => place % size))) {
            flip(file, at);
            hit.add(ends.findIndex((end) => at < end));
          }
          const segments = await Segments.open(fresh);
          expect(await takeAll(segments)).toEqual(payloads.filter((_, i) => !hit.has(i)));
          await segments.close();
          rmSync(fresh, { recursive: true });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what a payload holds does not confuse', () => {
  test('markers, and whole records, in a payload that is damaged', async () => {
    const inner = spoolFolder();
    const evil = readFileSync(await writeSpool(inner, records(3)));
    rmSync(inner, { recursive: true });
    const payloads = [
      Buffer.from('a'),
      Buffer.concat([MARKER, evil, MARKER]),
      Buffer.from('b'),
      Buffer.concat([legacyRecord(Buffer.from('[1]')), legacyRecord(Buffer.from('[2]'))]),
      Buffer.from('c'),
    ];
    const file = await writeSpool(folder, payloads);
    const segments = await Segments.open(folder);
    expect((await segments.peek(100_000)).payloads).toEqual(payloads);
    await segments.close();
    const whole = readFileSync(file);
    const seconds = whole.indexOf(MARKER, 1);
    flip(file, seconds + 6);
    flip(file, whole.indexOf('[2]') - 20);
    expect((await takeFrom(folder)).taken).toEqual(['a', 'b', 'c']);
  });

  test('a length that says gigabytes neither allocates them nor swallows the rest', async () => {
    for (const version of [1, 2]) {
      const payloads = records(6);
      const file = version === 1 ? writeLegacy(folder, 1, payloads) : await writeSpool(folder, payloads);
      spoil(file, (bytes) => {
        bytes.writeUInt32LE(
          0xfffffff0,
          startOf(payloads, 2, version === 1 ? 8 : HEAD_BYTES) + (version === 1 ? 0 : 4),
        );
        return bytes;
      });
      const alloc = vi.spyOn(Buffer, 'alloc');
      expect((await takeFrom(folder)).taken).toEqual(texts(0, 1, 3, 4, 5));
      expect(Math.max(...alloc.mock.calls.map(([size]) => size))).toBeLessThan(2 ** 20);
      alloc.mockRestore();
      for (const left of filesOf(folder, '.damaged')) rmSync(left);
    }
  });
});

describe('larger damage', () => {
  const payloads = records(40);
  const cut = (from: number, to: number) => [startOf(payloads, from), startOf(payloads, to)] as const;
  let file: string;
  beforeEach(async () => {
    file = await writeSpool(folder, payloads);
  });

  test('a piece in the middle is missing', async () => {
    const [from, to] = cut(10, 20);
    spoil(file, (bytes) => Buffer.concat([bytes.subarray(0, from + 7), bytes.subarray(to + 9)]));
    const { taken, skipped } = await takeFrom(folder);
    expect(taken).toEqual(texts(...range(0, 10), ...range(21, 40)));
    expect(skipped.records).toBe(11);
  });

  test('whole records are missing, between two or at the end of a file that is not the last', async () => {
    const [from, to] = cut(10, 20);
    const more = await Segments.open(folder);
    await more.append(Buffer.from(text(40)));
    await more.close();
    spoil(file, (bytes) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
    expect(await takeFrom(folder)).toMatchObject({
      taken: texts(...range(0, 10), ...range(20, 41)),
      skipped: { records: 10, bytes: 0 },
      aside: { files: 0 },
    });
  });

  test('zeros, as a hole in the file gives them', async () => {
    const [from, to] = cut(5, 12);
    spoil(file, (bytes) => bytes.fill(0, from + 3, to - 3));
    const { taken, skipped } = await takeFrom(folder);
    expect(taken).toEqual(texts(...range(0, 5), ...range(12, 40)));
    expect(skipped).toEqual({ records: 7, bytes: to - from });
  });

  test('a block is there twice: each record comes once, in its place', async () => {
    const [from, to] = cut(20, 25);
    const whole = readFileSync(file);
    const block = whole.subarray(from, to);
    // In front of where it belongs, behind it, and over others.
    const spoils = [
      [Buffer.concat([whole.subarray(0, cut(3, 3)[0]), block, whole.subarray(cut(3, 3)[0])]), range(0, 40)],
      [Buffer.concat([whole, block]), range(0, 40)],
      [
        Buffer.concat([whole.subarray(0, cut(5, 5)[0]), block, whole.subarray(cut(10, 10)[0] + 5)]),
        [...range(0, 5), ...range(11, 40)],
      ],
    ] as const;
    for (const [bytes, ids] of spoils) {
      writeFileSync(file, bytes);
      expect((await takeFrom(folder)).taken).toEqual(texts(...ids));
      for (const left of filesOf(folder, '.damaged')) rmSync(left);
    }
  });

  test('rubbish behind the last record of all is cut off; behind that of another file it is damage', async () => {
    appendFileSync(file, Buffer.alloc(5_000, 'rubbish'));
    const segments = await Segments.open(folder);
    await segments.append(Buffer.from(text(40)));
    await segments.close();
    // A server that was killed before it had written anything.
    writeFileSync(join(folder, '0000000042.spool'), '');
    appendFileSync(file, Buffer.alloc(5_000, 'rubbish'));
    expect(await takeFrom(folder)).toMatchObject({
      taken: texts(...range(0, 41)),
      skipped: { records: 0, bytes: 5_000 },
      aside: { files: 1 },
    });
  });

  test('what had been acknowledged before the last write is not cut off in silence', async () => {
    flip(file, startOf(payloads, 38) + HEAD_BYTES);
    flip(file, startOf(payloads, 39) + HEAD_BYTES);
    const { taken, skipped, aside } = await takeFrom(folder);
    expect(taken).toEqual(texts(...range(0, 38)));
    expect([skipped.records, aside.files]).toEqual([2, 1]);
  });

  test('everything is rubbish', async () => {
    const more = await Segments.open(folder);
    await more.append(Buffer.from(text(40)));
    await more.close();
    const random = Buffer.from(range(0, 300_000).map((i) => (i * i * 31 + (i >> 3)) % 256));
    writeFileSync(join(folder, '0000000041.spool'), random);
    writeSpoolFile('0000000050.spool', file);
    writeFileSync(file, random);
    const { taken, skipped } = await takeFrom(folder);
    expect(taken).toEqual([]);
    expect(skipped.bytes).toBe(random.length * 2 + statSync(filesOf(folder, '.damaged')[2]).size);
  });

  /** The same records under a name that says others. */
  function writeSpoolFile(name: string, from: string) {
    copyFileSync(from, join(folder, name));
  }

  test('a file is gone, or a folder is in its place: what is in the others comes', async () => {
    const files = [file];
    for (const first of [40, 50, 60]) {
      truncateSync(files.at(-1)!, statSync(files.at(-1)!).size);
      const next = join(folder, `${String(first + 1).padStart(10, '0')}.spool`);
      const other = spoolFolder();
      const source = await writeSpool(other, records(first + 10));
      spoil(source, (bytes) => bytes.subarray(startOf(records(first + 10), first)));
      renameSync(source, next);
      rmSync(other, { recursive: true });
      files.push(next);
    }
    rmSync(files[1]);
    rmSync(files[2]);
    mkdirSync(files[2]);
    expect(await takeFrom(folder)).toMatchObject({
      taken: texts(...range(0, 40), ...range(60, 70)),
      skipped: { records: 20 },
    });
    expect(filesOf(folder, '.damaged').map((kept) => statSync(kept).isDirectory())).toEqual([true]);
  });
});
