import { expect, it } from 'vitest';
import { newWork } from '@/test/support/scheduler';
import type { Aggregate } from '../../model/aggregates';
import { Turns } from '../../runtime/work/turns';
import { evaluate, evaluateInSlices } from './evaluate';
import { SampleBuffer } from './sample-buffer';

const SERIES = 120;
const SAMPLES = 600;
const aggregates: Aggregate[] = ['p99', 'stddev', 'avg', 'p50(max)', 'stddev(last)', 'sum(p95)'];

/** Values in no order, far from each other and many of them equal. */
function makeBuffers(): SampleBuffer[] {
  let seed = 1;
  return Array.from({ length: SERIES }, () => {
    const buffer = new SampleBuffer();
    for (let i = 0; i < SAMPLES; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      buffer.insert(i, (seed % 1_000) * 10 ** ((seed % 9) - 4) * (seed % 2 === 0 ? 1 : -1));
    }
    return buffer;
  });
}

/** Work that has to be put aside whenever it can be, and how often it was. */
function breathless() {
  let time = 0;
  let pauses = 0;
  const turns = new Turns({
    clock: () => {
      time += 100;
      return time;
    },
    defer: (run) => {
      pauses++;
      setImmediate(run);
    },
  });
  return { work: newWork({ budgetMs: Number.POSITIVE_INFINITY }, { turns }), pauses: () => pauses };
}

/** One after the other, by sorting everything. */
function percentile(buffers: SampleBuffer[], share: number): number {
  const all = buffers.flatMap((buffer) => Array.from({ length: buffer.length }, (_, i) => buffer.valueAt(i)));
  all.sort((a, b) => a - b);
  const rank = share * (all.length - 1);
  const low = all[Math.floor(rank)];
  return low + (rank % 1) * (all[Math.ceil(rank)] - low);
}

it.each([
  ['one step', SAMPLES],
  ['many steps', 10],
])('gives in slices what it gives at once: %s', async (_, step) => {
  const buffers = makeBuffers();
  const range = { start: 0, end: SAMPLES, step };
  const { work, pauses } = breathless();
  expect(await evaluateInSlices(buffers, { ...range, aggregates }, work)).toEqual(
    evaluate(buffers, { ...range, aggregates: [...aggregates] }),
  );
  expect(pauses()).toBeGreaterThan(SERIES * SAMPLES * 2 ** -16);
});

it('finds percentiles among more values than are sorted together', () => {
  const buffers = makeBuffers();
  const shares: Array<[Aggregate, number]> = [
    ['p0', 0],
    ['p12.345', 0.12345],
    ['p50', 0.5],
    ['p99.9', 0.999],
    ['p100', 1],
  ];
  const [[, ...found]] = evaluate(buffers, {
    aggregates: shares.map(([aggregate]) => aggregate),
    start: 0,
    end: SAMPLES,
    step: SAMPLES,
  });
  expect(found).toEqual(shares.map(([, share]) => percentile(buffers, share)));
});

it('does several evaluations of the same aggregates at a time', async () => {
  const [first, second] = [makeBuffers(), makeBuffers().slice(40)];
  const question = { start: 0, end: SAMPLES, step: 60, aggregates };
  const { work } = breathless();
  const both = Promise.all([first, second].map((buffers) => evaluateInSlices(buffers, question, work)));
  const expected = [first, second].map((buffers) =>
    evaluate(buffers, { ...question, aggregates: [...aggregates] }),
  );
  expect(await both).toEqual(expected);
});

it('takes samples that come and go meanwhile for what they are: there or not', async () => {
  const buffers = makeBuffers();
  const question = { start: 0, end: SAMPLES, step: 60, aggregates: ['count', 'p50', 'max'] as Aggregate[] };
  const { work } = breathless();
  const points = evaluateInSlices(buffers, question, work);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const buffer of buffers) {
      for (let k = 0; k < 20; k++) buffer.insert(60 * (i + 1) + k + 0.5, 1e9);
      buffer.dropBefore(10 * i, true);
    }
  }
  for (const [t, count, median, max] of await points) {
    expect(count! % 1).toBe(0);
    expect(Math.abs(median!)).toBeLessThan(1e9);
    expect(max === 1e9 || max! < 1e8).toBe(true);
    if (t > 420) expect(count).toBe(SERIES * 60);
  }
});

it('ends with its budget, and is as good as new for the next', async () => {
  const buffers = makeBuffers();
  const question = { start: 0, end: SAMPLES, step: SAMPLES, aggregates };
  let time = 0;
  const turns = new Turns({ clock: () => (time += 3) });
  await expect(
    evaluateInSlices(buffers, question, newWork({ budgetMs: 10 }, { turns })),
  ).rejects.toMatchObject({
    code: 'too_expensive',
  });
  expect(evaluate(buffers, question)).toEqual(
    evaluate(buffers, { ...question, aggregates: [...aggregates] }),
  );
});
