import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Registry } from '../memory/catalogue/registry';
import { PulseError } from '../model/errors';
import type { SampleColumns, SampleRows } from '../model/samples';
import type { Series } from '../model/series';
import type { CommitResult } from './commit-batch';
import { CommitQueue, type CommitQueueOptions } from './commit-queue';

const registry = new Registry();
const series: Series[] = Array.from({ length: 5 }, (_, i) =>
  registry.add({
    id: i + 1,
    metricId: 1,
    metric: 'm',
    labels: { n: String(i) },
    type: 'gauge',
    unit: '',
    lastSeen: 0,
  }),
);
const rows = (...samples: Array<[series: number, timestamp: number, value: number]>): SampleColumns => ({
  series: samples.map(([i]) => series[i]),
  timestamps: samples.map(([, timestamp]) => timestamp),
  values: samples.map(([, , value]) => value),
});

/** What a database does with rows, without one: keeps the first value of each (series, timestamp). */
let kept: Map<string, number>;
let appended: SampleRows[];
let results: CommitResult[];
let uncertain: SampleColumns[];

async function append(batch: SampleRows): Promise<number[]> {
  appended.push(batch);
  const there: number[] = [];
  batch.seriesIds.forEach((id, i) => {
    const key = `${id} ${batch.timestamps[i]}`;
    if (kept.has(key)) there.push(i);
    else kept.set(key, batch.values[i]);
  });
  return there;
}

function queue(options: Partial<CommitQueueOptions> = {}) {
  return new CommitQueue({
    append,
    onCommit: (result) => void results.push(result),
    onUncertain: (samples) => void uncertain.push(samples),
    ...options,
  });
}

/** An append that waits until the test lets it go on. */
function held() {
  const waiting: Array<() => void> = [];
  return {
    waiting,
    append: async (batch: SampleRows) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return append(batch);
    },
  };
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

beforeEach(() => {
  kept = new Map();
  appended = [];
  results = [];
  uncertain = [];
});

describe('a commit', () => {
  test('is shared by the requests of a moment, sorted by series and timestamp', async () => {
    const commits = queue();
    await Promise.all([commits.write(rows([1, 20, 1], [0, 30, 2])), commits.write(rows([1, 10, 3]))]);
    expect(appended).toEqual([{ seriesIds: [1, 2, 2], timestamps: [30, 10, 20], values: [2, 3, 1] }]);
  });

  test('counts a sample that two requests bring as a duplicate of the second; the first value stays', async () => {
    const commits = queue();
    const duplicates = await Promise.all([
      commits.write(rows([0, 1, 10], [1, 1, 11])),
      commits.write(rows([0, 1, 99], [2, 1, 12], [2, 1, 98])),
    ]);
    expect(duplicates).toEqual([0, 2]);
    expect([...kept]).toEqual([
      ['1 1', 10],
      ['2 1', 11],
      ['3 1', 12],
    ]);
  });

  test('distinguishes what was stored from what was there already', async () => {
    kept.set('1 1', 5);
    const duplicates = await queue().write(rows([0, 1, 10], [1, 1, 11]));
    expect(duplicates).toBe(1);
    expect(results).toEqual([{ stored: rows([1, 1, 11]), alreadyThere: rows([0, 1, 10]) }]);
  });

  test('counts exactly, whatever comes together', async () => {
    const request = fc.array(
      fc.tuple(fc.nat(4), fc.nat(6), fc.double({ noNaN: true, noDefaultInfinity: true })),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 8 }), async (requests) => {
        kept = new Map();
        const expected = new Map<string, number>();
        const expectedDuplicates = requests.map((samples) => {
          const before = expected.size;
          for (const [i, timestamp, value] of samples) {
            const key = `${series[i].id} ${timestamp}`;
            if (!expected.has(key)) expected.set(key, value);
          }
          return samples.length - (expected.size - before);
        });
        const commits = queue({ batchRows: 10 });
        const duplicates = await Promise.all(requests.map((samples) => commits.write(rows(...samples))));
        expect(duplicates).toEqual(expectedDuplicates);
        expect(kept).toEqual(expected);
      }),
    );
  });
});

describe('under load', () => {
  test('at most two commits are under way, and what comes meanwhile shares the next', async () => {
    const gate = held();
    const commits = queue({ append: gate.append, gatherMs: 1 });
    const first = commits.write(rows([0, 1, 1]));
    await until(() => gate.waiting.length === 1);
    const second = commits.write(rows([0, 2, 1]));
    await until(() => gate.waiting.length === 2);
    const others = [3, 4, 5].map((timestamp) => commits.write(rows([0, timestamp, 1])));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(gate.waiting.length).toBe(2);
    expect(commits.figures).toMatchObject({ rowsWaiting: 3, rowsInFlight: 2, commitsInFlight: 2 });
    gate.waiting[0]();
    await until(() => gate.waiting.length === 3);
    gate.waiting[1]();
    gate.waiting[2]();
    await Promise.all([first, second, ...others]);
    expect(appended.map(({ seriesIds }) => seriesIds.length)).toEqual([1, 1, 3]);
  });

  test('a full queue refuses, keeps its promise to those inside, and recovers', async () => {
    const gate = held();
    const commits = queue({ append: gate.append, maxRows: 3 });
    const inside = commits.write(rows([0, 1, 1], [0, 2, 1]));
    await expect(commits.write(rows([0, 3, 1], [0, 4, 1]))).rejects.toMatchObject({
      code: 'queue_full',
      retryAfterMs: 1_000,
    });
    const fits = commits.write(rows([0, 5, 1]));
    await until(() => gate.waiting.length === 1);
    gate.waiting[0]();
    await Promise.all([inside, fits]);
    const later = commits.write(rows([0, 3, 1], [0, 4, 1]));
    await until(() => gate.waiting.length === 2);
    gate.waiting[1]();
    await later;
    expect(kept.size).toBe(5);
  });

  test('a body larger than the queue passes when it is alone', async () => {
    await expect(queue({ maxRows: 1 }).write(rows([0, 1, 1], [0, 2, 1]))).resolves.toBe(0);
  });

  test('what waits too long for a stuck database is given back, and is not kept', async () => {
    const gate = held();
    const commits = queue({ append: gate.append, maxInFlight: 1, maxInFlightWhenSlow: 1 });
    const stuck = commits.write(rows([0, 1, 1]), { answerMs: 60_000 });
    await until(() => gate.waiting.length === 1);
    await expect(commits.write(rows([0, 2, 1]), { answerMs: 20 })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('nothing was kept'),
    });
    expect(commits.figures).toMatchObject({ rowsWaiting: 0, rowsInFlight: 1 });
    gate.waiting[0]();
    await stuck;
    await commits.close();
    expect([...kept.keys()]).toEqual(['1 1']);
  });

  test('the writer of a commit that takes too long is answered; the commit goes on and is taken in', async () => {
    const gate = held();
    const commits = queue({ append: gate.append });
    await expect(commits.write(rows([0, 1, 1]), { answerMs: 20 })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('may be kept'),
    });
    expect(commits.figures).toMatchObject({ rowsInFlight: 1, commitsInFlight: 1 });
    gate.waiting[0]();
    await commits.close();
    expect(results).toEqual([{ stored: rows([0, 1, 1]), alreadyThere: rows() }]);
    expect(uncertain).toEqual([]);
  });

  test('its time counts from when the writer began to wait', async () => {
    const commits = queue({ append: held().append });
    const since = performance.now() - 60_000;
    await expect(commits.write(rows([0, 1, 1]), { since, answerMs: 59_000 })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
  });

  test('while commits are slow one more leaves each time all are, up to a bound', async () => {
    const gate = held();
    const commits = queue({ append: gate.append, maxInFlight: 1, slowMs: 30, maxInFlightWhenSlow: 3 });
    const writes = [commits.write(rows([0, 1, 1]))];
    for (let underWay = 1; underWay <= 3; underWay++) {
      await until(() => gate.waiting.length === underWay);
      writes.push(commits.write(rows([0, underWay + 1, 1])));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(commits.figures).toMatchObject({ commitsInFlight: 3, rowsWaiting: 1 });
    for (const finish of gate.waiting.splice(0)) finish();
    await until(() => gate.waiting.length === 1);
    gate.waiting[0]();
    await Promise.all(writes);
    expect(kept.size).toBe(4);
  });
});

describe('when the database fails', () => {
  test('a connection lost in the middle is tried again, and nothing is counted twice', async () => {
    let lost = 1;
    const commits = queue({
      async append(batch) {
        const there = await append(batch);
        if (lost-- > 0) throw new PulseError('database_unavailable', 'gone');
        return there;
      },
    });
    // It was committed before the connection broke, so the second try finds it there.
    await expect(commits.write(rows([0, 1, 1]))).resolves.toBe(1);
    expect(uncertain).toEqual([]);
  });

  test('every writer in the batch gets the error, and what may have been kept is in doubt', async () => {
    const commits = queue({
      append: () => Promise.reject(new Error('column "inside" is secret')),
    });
    const answers = await Promise.allSettled([
      commits.write(rows([0, 1, 1])),
      commits.write(rows([1, 1, 1])),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'database_unavailable' } });
      expect(String((answer as PromiseRejectedResult).reason.message)).not.toContain('secret');
    }
    expect(uncertain).toEqual([rows([0, 1, 1], [1, 1, 1])]);
    expect(commits.figures).toMatchObject({ rowsWaiting: 0, rowsInFlight: 0, commitsInFlight: 0 });
  });
});

test('closing commits what waits, then refuses; twice is fine', async () => {
  const commits = queue();
  const last = commits.write(rows([0, 1, 1]));
  await Promise.all([commits.close(), commits.close()]);
  await last;
  await expect(commits.write(rows([0, 2, 1]))).rejects.toMatchObject({ code: 'shutting_down' });
  expect(kept.size).toBe(1);
});
