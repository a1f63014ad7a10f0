import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { until } from '../../../test/support/processes';
import { PulseError } from '../../model/errors';
import { DAY } from '../../model/time/duration';
import type { DecodedSamples, WriteResult } from '../ingest/sample';
import type { Pipeline } from '../pipeline';
import { HEAD_BYTES } from './record';
import { Segments } from './segments';
import { createSpooledPipeline } from './spooled-pipeline';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-spool-'));
  folders.push(folder);
  return folder;
}

async function takeAll(segments: Segments): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const { payloads, end } = await segments.peek(100);
    if (payloads.length === 0) return taken;
    taken.push(...payloads.map(String));
    await segments.drop(end);
  }
}

test('records come back in order, also after the process has ended, and leave nothing behind', async () => {
  const folder = newFolder();
  let segments = await Segments.open(folder);
  await Promise.all(['a', 'b', 'c'.repeat(500)].map((text) => segments.append(Buffer.from(text))));
  await segments.close();
  segments = await Segments.open(folder);
  await segments.append(Buffer.from('d'));
  expect(segments.bytes).toBe(503 + 4 * HEAD_BYTES);
  expect(await takeAll(segments)).toEqual(['a', 'b', 'c'.repeat(500), 'd']);
  expect([segments.bytes, readdirSync(folder)]).toEqual([0, ['lock']]);
  await segments.append(Buffer.from('e'));
  expect(await takeAll(segments)).toEqual(['e']);
  await segments.close();
});

test('what a crash left half-written is cut off, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (rubbish) => {
      const folder = newFolder();
      let segments = await Segments.open(folder);
      await segments.append(Buffer.from('kept'));
      await segments.close();
      appendFileSync(join(folder, '0000000001.spool'), rubbish);
      segments = await Segments.open(folder);
      await segments.append(Buffer.from('after'));
      expect(await takeAll(segments)).toEqual(['kept', 'after']);
      await segments.close();
    }),
    { numRuns: 50 },
  );
});

test('large records fill several segments', async () => {
  const folder = newFolder();
  const segments = await Segments.open(folder);
  const sizes = Array.from({ length: 12 }, (_, i) => 4_000_000 + i);
  for (const size of sizes) await segments.append(Buffer.alloc(size, 'x'));
  expect(readdirSync(folder).length).toBeGreaterThan(2);
  expect((await takeAll(segments)).map(({ length }) => length)).toEqual(sizes);
  expect(readdirSync(folder)).toEqual(['lock']);
  await segments.close();
});

test('a folder that another process has is refused in a sentence; a lock left by a dead one is none', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'lock'), String(process.ppid));
  await expect(Segments.open(folder)).rejects.toThrow(/is in use by process/);
  writeFileSync(join(folder, 'lock'), String(2 ** 22 + 1));
  const segments = await Segments.open(folder);
  await segments.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('two servers in one process have no folder in common', async () => {
  const folder = newFolder();
  const segments = await Segments.open(folder);
  await expect(Segments.open(folder)).rejects.toThrow(
    /is in use by another server in this process: give every/,
  );
  await segments.append(Buffer.from('kept'));
  await segments.close();
  const next = await Segments.open(folder);
  expect(next.bytes).toBeGreaterThan(0);
  await next.close();
});

/** A database that can go away. */
function database() {
  const side = { isAway: false, values: [] as number[], writes: 0 };
  const pipeline: Pipeline = {
    figures: { rowsWaiting: 0, rowsInFlight: 0, commitsInFlight: 0, maxRows: 0 },
    async write({ samples }: DecodedSamples): Promise<WriteResult> {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (side.isAway) throw new PulseError('database_unavailable', 'away');
      side.writes++;
      side.values.push(...samples.map(({ value }) => value));
      return { accepted: samples.length, duplicates: 0, rejected: 0, errors: [] };
    },
    close: async () => {},
  };
  return { side, pipeline };
}

const body = (...values: number[]): DecodedSamples => ({
  samples: values.map((value, index) => ({ index, name: 'm', value, timestamp: Date.now(), labels: {} })),
  errors: [],
});

test('while the database is away bodies are accepted on the disk, then brought to it in order', async () => {
  const folder = newFolder();
  const { side, pipeline } = database();
  const options = { pipeline, maxBytes: 10_000_000, retentionMs: DAY };
  let spooled = createSpooledPipeline({ ...options, segments: await Segments.open(folder) });
  await spooled.write(body(0));
  side.isAway = true;
  for (let i = 1; i <= 50; i++) {
    expect(await spooled.write(body(i))).toMatchObject({ accepted: 1, rejected: 0 });
  }
  expect(spooled.spool).toMatchObject({ spooled: 50, drained: 0 });
  // Another process takes over what this one had accepted.
  await spooled.close();
  spooled = createSpooledPipeline({ ...options, segments: await Segments.open(folder) });
  expect(spooled.spool.bytes).toBeGreaterThan(0);
  side.isAway = false;
  for (let i = 51; i <= 60; i++) await spooled.write(body(i));
  await until(() => expect(side.values).toEqual(Array.from({ length: 61 }, (_, i) => i)));
  await until(() => expect(spooled.spool.bytes).toBe(0));
  expect(side.writes).toBeLessThan(15);
  await spooled.write(body(61));
  expect(side.values.at(-1)).toBe(61);
  await spooled.close();
});

test('a disk that cannot be read for a while keeps what it has until it can', async () => {
  const folder = newFolder();
  const { side, pipeline } = database();
  side.isAway = true;
  const segments = await Segments.open(folder);
  const spooled = createSpooledPipeline({ pipeline, segments, maxBytes: 10_000, retentionMs: DAY });
  await spooled.write(body(1));
  const segment = join(folder, '0000000001.spool');
  renameSync(segment, `${segment}.away`);
  side.isAway = false;
  const peek = vi.spyOn(segments, 'peek');
  await until(() => expect(peek).toHaveBeenCalledTimes(2));
  expect(spooled.spool.drained).toBe(0);
  renameSync(`${segment}.away`, segment);
  await until(() => expect(side.values).toEqual([1]));
  await spooled.close();
});

test('bad samples are named before anything is kept', async () => {
  const { side, pipeline } = database();
  side.isAway = true;
  const segments = await Segments.open(newFolder());
  const spooled = createSpooledPipeline({ pipeline, segments, maxBytes: 10_000, retentionMs: DAY });
  const mixed = body(1, Number.NaN);
  expect(await spooled.write(mixed)).toMatchObject({
    accepted: 1,
    rejected: 1,
    errors: [{ code: 'not_finite' }],
  });
  await spooled.close();
});

test('a full spool refuses, and keeps what it has', async () => {
  const { side, pipeline } = database();
  side.isAway = true;
  const segments = await Segments.open(newFolder());
  const spooled = createSpooledPipeline({ pipeline, segments, maxBytes: 1_000, retentionMs: DAY });
  let accepted = 0;
  const write = async () => {
    for (;;) accepted += (await spooled.write(body(accepted))).accepted;
  };
  await expect(write()).rejects.toMatchObject({ code: 'database_unavailable', retryAfterMs: 1_000 });
  expect(accepted).toBeGreaterThan(5);
  side.isAway = false;
  await until(() => expect(side.values).toHaveLength(accepted));
  await spooled.close();
});
