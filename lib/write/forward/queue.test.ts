import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ForwardQueue } from './queue';
import { QueueReader } from './queue-reader';
import { decodeRows, encodeRows } from './rows';

let folder: string;
const open: ForwardQueue[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forward-queue-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close()));
  rmSync(folder, { recursive: true });
});

async function openQueue(maxBytes = 2 ** 30): Promise<ForwardQueue> {
  const queue = await ForwardQueue.open({ folder, maxBytes, onAppend: () => undefined });
  open.push(queue);
  return queue;
}

/** Closes it as a process does that is killed: nothing more is written. */
async function reopen(queue: ForwardQueue): Promise<ForwardQueue> {
  open.splice(open.indexOf(queue), 1);
  await queue.close();
  return openQueue();
}

const payload = (values: number[]) =>
  encodeRows(
    { seriesIds: values.map((_, i) => i + 1), timestamps: values.map(() => 1), values },
    { queuedAt: 1, check: 0, late: [] },
  );

/** Queues one record for each list and releases it. */
async function add(queue: ForwardQueue, ...lists: number[][]): Promise<void> {
  for (const values of lists) queue.release(await queue.append(payload(values), values.length), []);
}

async function readAll(reader: QueueReader): Promise<number[]> {
  const values: number[] = [];
  for (let records = await reader.read(10); records.length > 0; records = await reader.read(10))
    for (const record of records) values.push(...record.values);
  return values;
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
const files = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.queue'))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).size > 0)
    .sort();

test('rows survive: values to the bit, ids, late positions; what is no such record is none', () => {
  const rows = {
    seriesIds: [1, 2, 2 ** 31 - 1],
    timestamps: [0, 8.64e15, -5],
    values: [-0, 2 ** 53 + 2, 5e-324],
  };
  const encoded = encodeRows(rows, { queuedAt: 1.8e12, check: 2 ** 32 - 1, late: [2] });
  // Wherever it lies in memory.
  const decoded = decodeRows(Buffer.concat([Buffer.from('abc'), encoded]).subarray(3));
  expect(decoded).toEqual({
    queuedAt: 1.8e12,
    check: 2 ** 32 - 1,
    seriesIds: Uint32Array.from(rows.seriesIds),
    timestamps: Float64Array.from(rows.timestamps),
    values: Float64Array.from(rows.values),
    late: Uint32Array.from([2]),
  });
  expect(Object.is(decoded?.values[0], -0)).toBe(true);
  for (const bytes of [
    Buffer.alloc(0),
    encoded.subarray(0, 20),
    encoded.subarray(1),
    encoded.subarray(0, -1),
  ])
    expect(decodeRows(bytes)).toBeNull();
});

test('what was queued is read once, in order, over restarts, each process in a file of its own', async () => {
  let queue = await openQueue();
  await add(queue, [0, 1, 2], [3]);
  const reader = new QueueReader(queue, 0);
  expect(await readAll(reader)).toEqual([0, 1, 2, 3]);
  await add(queue, [4, 5]);
  expect(await readAll(reader)).toEqual([4, 5]);
  queue = await reopen(queue);
  await add(queue, [6]);
  expect([queue.start, queue.end]).toEqual([0, 7]);
  expect(await readAll(new QueueReader(queue, 4))).toEqual([4, 5, 6]);
  expect(files()).toHaveLength(2);
  await queue.removeBefore(6);
  expect([files().length, queue.start]).toEqual([1, 6]);
});

test('a record is read when it is released, and those behind it then', async () => {
  const queue = await openQueue();
  const reader = new QueueReader(queue, 0);
  const [first, second] = await Promise.all([
    queue.append(payload([0, 1, 2]), 3),
    queue.append(payload([3]), 1),
  ]);
  queue.release(second, []);
  expect([await readAll(reader), reader.waiting]).toEqual([[], 0]);
  queue.release(first, [1]);
  expect(reader.waiting).toBe(4);
  const records = await reader.read(10);
  expect(records.map(({ omitted }) => omitted)).toEqual([[1], undefined]);
  expect(reader.waiting).toBe(4);
  reader.rewind();
  expect(await readAll(reader)).toEqual([0, 1, 2, 3]);
  expect([reader.settle(), reader.settle(), reader.waiting, reader.bytes]).toEqual([true, false, 0, 0]);
});

test('a full queue drops its oldest files, and each reader counts what it misses', async () => {
  const queue = await openQueue(300_000);
  const reader = new QueueReader(queue, 0);
  for (let i = 0; i < 30; i++) await add(queue, upTo(1_000, i * 1_000));
  expect(queue.bytes).toBeLessThanOrEqual(300_000);
  expect(files().reduce((sum, file) => sum + statSync(file).size, 0)).toBe(queue.bytes);
  expect(reader.droppedSoFar).toBe(queue.start);
  const read = await readAll(reader);
  expect(read).toEqual(upTo(30_000 - queue.start, queue.start));
  expect([reader.droppedSoFar, reader.damaged]).toEqual([queue.start, 0]);
});

describe('damage', () => {
  test('one flipped bit anywhere costs the record it is in, which is counted', async () => {
    const lists = upTo(8).map((i) => upTo(10, i * 10));
    const queue = await openQueue();
    await add(queue, ...lists);
    const [file] = files();
    const intact = readFileSync(file);
    // The last record has none behind it that shows that it is missing.
    const behind = Math.floor((intact.length * 7) / 8) - 1;
    for (let at = 0; at < behind; at += 37) {
      const damaged = Buffer.from(intact);
      damaged[at] ^= 1 << (at % 8);
      writeFileSync(file, damaged);
      const reader = new QueueReader(queue, 0);
      const read = await readAll(reader);
      const lost = Math.floor((at * 8) / intact.length) * 10;
      expect([at, read, reader.damaged]).toEqual([
        at,
        upTo(80).filter((i) => i < lost || i >= lost + 10),
        10,
      ]);
    }
  });

  test('a half-written record at the end is no sample', async () => {
    let queue = await openQueue();
    await add(queue, [0, 1], [2, 3]);
    const [file] = files();
    writeFileSync(file, readFileSync(file).subarray(0, -5));
    queue = await reopen(queue);
    expect(queue.end).toBe(2);
    await add(queue, [4, 5]);
    const reader = new QueueReader(queue, 0);
    expect([await readAll(reader), reader.damaged]).toEqual([[0, 1, 4, 5], 0]);
  });

  test('rubbish, and a file that somebody took away', async () => {
    let queue = await openQueue();
    await add(queue, [0, 1]);
    queue = await reopen(queue);
    await add(queue, [2, 3]);
    queue = await reopen(queue);
    await add(queue, [4, 5]);
    const [first, second] = files();
    rmSync(first);
    writeFileSync(second, Buffer.alloc(10_000, 0xff));
    const reader = new QueueReader(queue, 0);
    expect([await readAll(reader), reader.damaged]).toEqual([[4, 5], 4]);
    expect(await readAll(reader)).toEqual([]);
  });
});
