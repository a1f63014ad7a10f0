import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, expectError } from './client';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** What an agent may rely on when it writes, on any front. */
export function writeContract(connect: () => Client): void {
  let client: Client;
  /** A name of its own for each test. */
  let metric: string;
  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    metric = client.freshName();
  });

  describe('the three shapes', () => {
    test('a sample, at its time', async () => {
      const timestamp = Date.now() - 5_000;
      const sample = { name: metric, value: 41.5, timestamp, labels: { host: 'web-1' } };
      expect(await client.accepted(sample)).toEqual({ accepted: 1, duplicates: 0, rejected: 0 });
      expect(await client.stored(metric)).toEqual([[timestamp, 41.5]]);
    });

    test('a sample without a time is of now', async () => {
      const before = Date.now();
      await client.accepted({ name: metric, value: 1 });
      const [[timestamp]] = await client.stored(metric);
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(timestamp).toBeLessThanOrEqual(Date.now());
    });

    test('an array, and an empty one', async () => {
      const now = Date.now();
      const array = [0, 1, 2].map((i) => ({ name: metric, value: i, timestamp: now - i }));
      expect(await client.accepted(array)).toMatchObject({
        accepted: 3,
      });
      expect(await client.accepted([])).toEqual({ accepted: 0, duplicates: 0, rejected: 0 });
    });

    test('a batch, whose samples inherit what they do not say', async () => {
      const timestamp = Date.now() - 2_000;
      const answer = await client.accepted({
        host: 'web-1',
        timestamp,
        labels: { region: 'eu' },
        samples: [
          { name: metric, value: 1, type: 'counter', unit: 'bytes' },
          { name: metric, value: 2, timestamp: timestamp + 1, labels: { host: 'web-2', disk: 'sda' } },
        ],
      });
      expect(answer).toEqual({ accepted: 2, duplicates: 0, rejected: 0 });
      const { body } = await client.get(`/api/series?metric=${metric}`);
      const labels = (body as { series: Array<{ labels: object }> }).series.map((series) => series.labels);
      expect(labels).toHaveLength(2);
      expect(labels).toContainEqual({ host: 'web-1', region: 'eu' });
      expect(labels).toContainEqual({ host: 'web-2', region: 'eu', disk: 'sda' });
      const catalogue = await client.get(`/api/metrics?search=${metric}`);
      expect(catalogue.body).toMatchObject({
        metrics: [{ name: metric, type: 'counter', unit: 'bytes', series: 2 }],
      });
    });
  });

  describe('time', () => {
    test('?precision= says what whole numbers mean', async () => {
      const ms = Date.now() - 10_000;
      const second = Math.floor(ms / 1_000);
      for (const [precision, timestamp, expected] of [
        ['s', second, second * 1_000],
        ['ms', ms, ms],
        ['us', ms * 1_000 + 999, ms],
        ['ns', ms * 1_000_000, ms],
      ] as const) {
        const name = client.freshName();
        await client.accepted({ name, value: 1, timestamp }, { query: `?precision=${precision}` });
        expect(await client.stored(name), precision).toEqual([[expected, 1]]);
      }
      expectError(await client.post([], { query: '?precision=min' }), 400, 'bad_parameter');
    });

    test('ISO 8601 with a zone', async () => {
      const timestamp = Date.now() - 10_000;
      await client.accepted({ name: metric, value: 1, timestamp: new Date(timestamp).toISOString() });
      expect(await client.stored(metric)).toEqual([[timestamp, 1]]);
    });

    test('clocks may differ by ten minutes, and no sample is older than what raw samples are kept for', async () => {
      const now = Date.now();
      const at = (timestamp: number) => ({ name: metric, value: 1, timestamp });
      const samples = [at(now + 9 * MINUTE), at(now + 11 * MINUTE), at(now - 6 * DAY), at(now - 8 * DAY)];
      expect(await client.accepted(samples)).toMatchObject({
        accepted: 2,
        rejected: 2,
        errors: [
          { index: 1, path: 'timestamp', code: 'in_future' },
          { index: 3, path: 'timestamp', code: 'too_old' },
        ],
      });
    });
  });

  describe('partial success', () => {
    test('the good ones are committed, the bad ones named', async () => {
      const good = { name: metric, value: 1, timestamp: Date.now() };
      const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x']));
      const answer = await client.accepted([
        good,
        { ...good, value: null },
        { ...good, name: '9' },
        { ...good, labels: { 'a-b': 'x' } },
        { ...good, labels: many },
        { ...good, timestamp: 'yesterday' },
        'sample',
        { ...good, timestamp: good.timestamp - 1, value: 2 },
      ]);
      expect(answer).toMatchObject({ accepted: 2, duplicates: 0, rejected: 6 });
      expect(answer.errors?.map(({ index, path, code }) => [index, path, code])).toEqual([
        [1, 'value', 'not_finite'],
        [2, 'name', 'bad_name'],
        [3, 'labels.a-b', 'bad_label'],
        [4, 'labels', 'too_many_labels'],
        [5, 'timestamp', 'bad_timestamp'],
        [6, '', 'bad_sample'],
      ]);
      expect(await client.stored(metric)).toEqual([
        [good.timestamp - 1, 2],
        [good.timestamp, 1],
      ]);
    });

    test('at most 100 errors are listed', async () => {
      const answer = await client.accepted([{ name: metric, value: 1 }, ...Array(150).fill(0)]);
      expect(answer).toMatchObject({ accepted: 1, rejected: 150 });
      expect(answer.errors).toHaveLength(100);
    });

    test('a number beyond all numbers is not finite', async () => {
      const answer = await client.accepted(
        `[{"name":"${metric}","value":1},{"name":"${metric}","value":1e999}]`,
      );
      expect(answer.errors).toMatchObject([{ index: 1, path: 'value', code: 'not_finite' }]);
    });
  });

  describe('duplicates', () => {
    test('are counted exactly and change nothing', async () => {
      const now = Date.now();
      const samples = [0, 1, 2].map((i) => ({ name: metric, value: i, timestamp: now - i }));
      expect(await client.accepted(samples)).toEqual({ accepted: 3, duplicates: 0, rejected: 0 });
      expect(await client.accepted(samples)).toEqual({ accepted: 3, duplicates: 3, rejected: 0 });
      const changed = [
        ...samples.map((sample) => ({ ...sample, value: 99 })),
        { name: metric, value: 7, timestamp: now - 9 },
      ];
      expect(await client.accepted(changed)).toEqual({ accepted: 4, duplicates: 3, rejected: 0 });
      expect(await client.stored(metric)).toEqual([
        [now - 9, 7],
        [now - 2, 2],
        [now - 1, 1],
        [now, 0],
      ]);
    });

    test('within one body the first value stays', async () => {
      const timestamp = Date.now();
      const samples = [1, 2, 3].map((value) => ({ name: metric, value, timestamp }));
      expect(await client.accepted(samples)).toMatchObject({
        accepted: 3,
        duplicates: 2,
      });
      expect(await client.stored(metric)).toEqual([[timestamp, 1]]);
    });

    test('of requests at the same time, exactly one is the first', async () => {
      const now = Date.now();
      const samples = Array.from({ length: 50 }, (_, i) => ({ name: metric, value: i, timestamp: now - i }));
      const answers = await Promise.all(Array.from({ length: 12 }, () => client.accepted(samples)));
      expect(answers.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(12 * 50);
      expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(11 * 50);
      expect(await client.stored(metric)).toHaveLength(50);
    });

    test('older than memory are found in the database', async () => {
      const sample = { name: metric, value: 1, timestamp: Date.now() - DAY };
      expect(await client.accepted(sample)).toMatchObject({ duplicates: 0 });
      expect(await client.accepted({ ...sample, value: 2 })).toMatchObject({ duplicates: 1 });
      expect(await client.stored(metric, { start: Date.now() - 2 * DAY })).toEqual([[sample.timestamp, 1]]);
    });
  });
}
