import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all } from '@/test/support/remote-write';
import type { Metric, Series } from '../../model/series';
import { decodeWriteRequest } from '../ingest/remote-write/v1';
import { snappy } from '../ingest/snappy';
import { relabelRule } from '../scrape/relabel';
import type { ReadRows } from './queue-reader';
import { halvesOf, type PlannedRequest, RequestPlanner } from './requests';
import { checkOf } from './series-check';
import { labelsForPrometheus } from './series-labels';
import { encodeLabels, encodeWriteRequest } from './write-request';

const SETTINGS = {
  write_relabel_configs: [],
  metric_name_escaping_scheme: 'underscores' as const,
  queue_config: {
    max_samples_per_send: 5,
    max_shards: 3,
    batch_send_deadline: 1,
    min_backoff: 1,
    max_backoff: 1,
  },
};

function seriesOf(id: number, name = `m${id}`, labels: Record<string, string> = {}): Series {
  const metric: Metric = { id, name, type: 'gauge', unit: '', series: [], labelNames: new Set() };
  return { id, metric, labels, lastSeen: 0, isNew: false };
}

const registry = { seriesById: new Map([1, 2, 3, 4].map((id) => [id, seriesOf(id)])) };

type Row = [id: number, timestamp: number, value: number];
function record(rows: Row[], more: Partial<ReadRows> = {}): ReadRows {
  const sorted = [...rows].sort(([a], [b]) => a - b);
  const highest = registry.seriesById.get(sorted[sorted.length - 1][0]);
  return {
    queuedAt: 1,
    check: highest ? checkOf(highest) : 0,
    seriesIds: Uint32Array.from(sorted.map(([id]) => id)),
    timestamps: Float64Array.from(sorted.map(([, timestamp]) => timestamp)),
    values: Float64Array.from(sorted.map(([, , value]) => value)),
    late: new Uint32Array(),
    ...more,
  };
}

/** Samples as a receiver reads them. */
async function decoded(request: PlannedRequest) {
  const body = await snappy.whole(encodeWriteRequest(request), 2 ** 26);
  return all(decodeWriteRequest(body)).samples.map(({ name, timestamp, value }) => [name, timestamp, value]);
}

describe('a write request', () => {
  test('is read as it was written, whatever the numbers and texts', async () => {
    const text = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
    const samples = fc.array(
      fc.record({
        timestamp: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const property = fc.asyncProperty(
      fc.array(fc.record({ text, samples }), { maxLength: 20 }),
      async (sent) => {
        const samples = sent.flatMap((each) => each.samples);
        const columns = {
          labels: sent.map((each) =>
            encodeLabels([
              ['__name__', 'm'],
              ['l', each.text],
            ]),
          ),
          counts: sent.map((each) => each.samples.length),
          timestamps: samples.map(({ timestamp }) => timestamp),
          values: samples.map(({ value }) => value),
        };
        const body = await snappy.whole(encodeWriteRequest(columns), 2 ** 26);
        const read = all(decodeWriteRequest(body)).samples.map(({ labels, timestamp, value }) => ({
          text: labels.l,
          timestamp,
          value,
        }));
        expect(read).toEqual(
          sent.flatMap((each) => each.samples.map((one) => ({ text: each.text, ...one }))),
        );
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  test.each([
    ['cpu', { host: 'a', Zone: 'ü' }, ['Zone', '__name__', 'host']],
    ['.disk.used/a-b:c', {}, ['__name__']],
    ['m', { empty: '', __reserved: 'x', __name__: 'another' }, ['__name__']],
  ])('%s has the labels that it may have, in order', (name, labels, names) => {
    const found = labelsForPrometheus(seriesOf(1, name, labels), [], 'underscores');
    expect(found?.map(([label]) => label)).toEqual(names);
    expect(found?.find(([label]) => label === '__name__')?.[1]).toBe(name.replace(/[./-]/g, '_'));
    expect(labelsForPrometheus(seriesOf(1, name, labels), [], 'allow-utf-8')).toContainEqual([
      '__name__',
      name,
    ]);
  });
});

describe('requests that are planned', () => {
  test('every sample once, those of a series in one shard and by time, requests no larger than they may be', async () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 50 })), {
      minLength: 1,
      maxLength: 60,
    });
    const property = fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), async (lists) => {
      const records = lists.map((list) => record(list.map(([id, at]): Row => [id, at, id * 100 + at])));
      const { shards } = new RequestPlanner(SETTINGS, registry).plan(records);
      const requests = await Promise.all(shards.flat().map(decoded));
      const read = requests.flat().map((sample) => sample.join());
      const expected = new Set(lists.flat().map(([id, at]) => `m${id},${at},${id * 100 + at}`));
      expect([...read].sort()).toEqual([...expected].sort());
      for (const request of requests) expect(request.length).toBeLessThanOrEqual(5);
      const shardOf = new Map<unknown, number>();
      for (const [i, shard] of shards.entries()) {
        const before = new Map<unknown, number>();
        for (const [name, timestamp] of (await Promise.all(shard.map(decoded))).flat()) {
          expect(shardOf.get(name) ?? i).toBe(i);
          shardOf.set(name, i);
          expect(timestamp).toBeGreaterThan(before.get(name) ?? 0);
          before.set(name, timestamp as number);
        }
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test('late samples are apart, whether they are known as such or come after newer ones', async () => {
    const planner = new RequestPlanner(SETTINGS, registry);
    const first = planner.plan([record([[1, 10, 1]]), record([[1, 5, 2]], { late: Uint32Array.from([0]) })]);
    const second = planner.plan([record([[1, 8, 3]]), record([[1, 11, 4]])]);
    for (const [plan, inTime, late] of [
      [first, 10, 5],
      [second, 11, 8],
    ] as const) {
      const requests = plan.shards.flat();
      expect(requests.map(({ isLate }) => isLate)).toEqual([false, true]);
      expect((await Promise.all(requests.map(decoded))).map(([[, timestamp]]) => timestamp)).toEqual([
        inTime,
        late,
      ]);
    }
  });

  test('what is omitted, filtered or of another database is not sent', async () => {
    const rule = relabelRule.parse({ source_labels: ['__name__'], regex: 'm2', action: 'drop' });
    const planner = new RequestPlanner({ ...SETTINGS, write_relabel_configs: [rule] }, registry);
    const plan = planner.plan([
      record(
        [
          [1, 1, 1],
          [2, 1, 2],
          [3, 1, 3],
        ],
        { omitted: [2] },
      ),
      record([[1, 2, 4]], { check: 7 }),
      record([
        [1, 3, 5],
        [9, 3, 6],
      ]),
    ]);
    expect([plan.filtered, plan.unknown]).toEqual([1, 2]);
    const requests = await Promise.all(plan.shards.flat().map(decoded));
    expect(requests.flat()).toEqual([
      ['m1', 1, 1],
      ['m1', 3, 5],
    ]);
  });

  test('a request has halves until one sample is left, the older first', async () => {
    const planner = new RequestPlanner(SETTINGS, registry);
    const rows: Row[] = [1, 2, 3].map((at) => [1, at, at]);
    const [request] = planner.plan([record([...rows, [2, 1, 9]])]).shards.flat();
    const leaves = async (one: PlannedRequest): Promise<unknown[]> => {
      const halves = halvesOf(one);
      if (halves.length === 0) return [await decoded(one)];
      expect(halves.flatMap(({ values }) => values)).toEqual(one.values);
      return (await Promise.all(halves.map(leaves))).flat();
    };
    expect(await leaves(request)).toEqual([[['m1', 1, 1]], [['m1', 2, 2]], [['m1', 3, 3]], [['m2', 1, 9]]]);
    expect(halvesOf({ ...request, isLate: true })).toEqual([]);
  });
});
