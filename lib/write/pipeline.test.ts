import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestNode, type TestNode } from '@/test/support/node';
import { PulseError } from '../model/errors';
import type { SampleColumns } from '../model/samples';
import { HOUR } from '../model/time/duration';
import { createFigures } from '../observe/figures';
import { parseQuery } from '../read/query/query-params';
import type { SampleStore, SeriesCatalogue, Store } from '../store/store';
import { createPipeline } from './pipeline';

const figures = createFigures();
let host: Awaited<ReturnType<typeof startTestNode>>;
let a: TestNode;
let b: TestNode;
beforeAll(async () => {
  host = await startTestNode();
  a = await host.start();
  b = await host.start();
});
afterAll(async () => {
  await a.stop();
  await b.stop();
  await host.close();
});

const now = Date.now();
let names = 0;
const freshName = () => `pipeline_${names++}`;
const sample = (name: string, timestamp: number, value: number, labels = {}) => ({
  name,
  labels,
  timestamp,
  value,
});

/** A pipeline whose commits fail without being made; `commitLate` makes the last of them. */
function pipelineLosingAnswers({ registry, ring, bus }: Pick<TestNode, 'registry' | 'ring' | 'bus'>) {
  const { samples: stored } = host.store;
  let commit: (() => Promise<unknown>) | undefined;
  const withoutAnswer: SampleStore = {
    ...stored,
    append(rows) {
      commit = () => stored.append(rows);
      return Promise.reject(new PulseError('database_unavailable', 'the connection broke'));
    },
  };
  const store: Store = { ...host.store, samples: withoutAnswer };
  const env = { RETENTION_RAW: Number.POSITIVE_INFINITY, MAX_SERIES: 1_000_000 };
  const pipeline = createPipeline({ env, store, registry, ring, channel: bus.samples, figures });
  return { pipeline, commitLate: async () => commit?.() };
}

function published(node: TestNode): string[] {
  const received: string[] = [];
  node.bus.samples.subscribe(({ series, timestamps, values }: SampleColumns) => {
    for (const [i, { metric }] of series.entries())
      received.push(`${metric.name} ${timestamps[i] - now} ${values[i]}`);
  });
  return received;
}

function inRing(node: TestNode, name: string): Array<[timestamp: number, value: number]> {
  return (node.registry.metrics.get(name)?.series ?? []).flatMap(({ id }) => {
    const buffer = node.ring.samples(id);
    if (!buffer) return [];
    return Array.from({ length: buffer.length }, (_, i): [number, number] => [
      buffer.timestampAt(buffer.start + i) - now,
      buffer.valueAt(buffer.start + i),
    ]);
  });
}

describe('after a write', () => {
  test('memory holds, and listeners received, exactly what was stored', async () => {
    const name = freshName();
    const received = published(a);
    await a.write(sample(name, now, 1), sample(name, now, 2), sample(name, now - 1, 3));
    expect(await a.write(sample(name, now, 4), sample(name, now - 2, 5))).toMatchObject({
      accepted: 2,
      duplicates: 1,
    });
    expect(inRing(a, name)).toEqual([
      [-2, 5],
      [-1, 3],
      [0, 1],
    ]);
    expect(received.sort()).toEqual([`${name} -1 3`, `${name} -2 5`, `${name} 0 1`]);
  });

  test('what another server wrote before is fetched, with its value', async () => {
    const name = freshName();
    await a.write(sample(name, now, 1), sample(name, now - 1, 2));
    const received = published(b);
    expect(await b.write(sample(name, now, 9), sample(name, now + 1, 3))).toMatchObject({
      accepted: 2,
      duplicates: 1,
    });
    // Also the sample that nobody resent, if it is not older than what was asked for.
    expect(inRing(b, name)).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(received.sort()).toEqual([`${name} 0 1`, `${name} 1 3`]);
  });
});

describe('series', () => {
  /** The real store, with a count of how often it was asked for series. */
  function counting(store: Store) {
    const asked: number[] = [];
    const catalogue: SeriesCatalogue = {
      ...store.catalogue,
      ensure(identities) {
        asked.push(identities.length);
        return store.catalogue.ensure(identities);
      },
    };
    return { asked, store: { ...store, catalogue } };
  }

  function pipelineOn({ registry, ring, bus }: TestNode, store: Store, maxSeries = 1_000_000) {
    return createPipeline({
      figures,
      env: { RETENTION_RAW: Number.POSITIVE_INFINITY, MAX_SERIES: maxSeries },
      store,
      registry,
      ring,
      channel: bus.samples,
    });
  }
  const decoded = (...samples: Array<ReturnType<typeof sample>>) => ({
    samples: samples.map((each, index) => ({ ...each, index })),
    errors: [],
  });

  test('of many senders at the same moment are made in one round trip', async () => {
    const name = freshName();
    const { asked, store } = counting(host.store);
    const pipeline = pipelineOn(a, store);
    const writes = Array.from({ length: 200 }, (_, i) =>
      pipeline.write(
        decoded(sample(name, now, i, { host: `h${i % 50}` }), sample(name, now + 1, i, { host: `h${i}` })),
      ),
    );
    await Promise.all(writes);
    expect(asked).toEqual([200]);
    expect(a.registry.metrics.get(name)?.series).toHaveLength(200);
  });

  test('beyond the limit are refused, known ones go on', async () => {
    const name = freshName();
    const pipeline = pipelineOn(a, host.store, a.registry.size + 2);
    const write = (...hosts: string[]) =>
      pipeline.write(decoded(...hosts.map((value, i) => sample(name, now + i, 1, { host: value }))));
    expect(await write('one', 'two', 'two', 'three')).toMatchObject({
      accepted: 3,
      rejected: 1,
      errors: [{ index: 3, code: 'too_many_series' }],
    });
    expect(await write('one', 'four')).toMatchObject({ accepted: 1, rejected: 1 });
  });

  test('take on the type and unit that a sender declares, and two that disagree do not quarrel', async () => {
    const name = freshName();
    const { asked, store } = counting(host.store);
    const pipeline = pipelineOn(a, store);
    const write = (type?: 'gauge' | 'counter', unit?: string) =>
      pipeline.write({
        samples: [{ ...sample(name, now + asked.length, 1), index: 0, type, unit }],
        errors: [],
      });
    await write();
    expect(a.registry.metrics.get(name)).toMatchObject({ type: 'gauge', unit: '' });
    await write('counter', 'bytes');
    expect(a.registry.metrics.get(name)).toMatchObject({ type: 'counter', unit: 'bytes' });
    for (let i = 0; i < 10; i++) await write(i % 2 ? 'gauge' : 'counter', 'bytes');
    expect(asked).toEqual([1, 1]);
  });
});

test('with a database that fails, nothing is in memory that is not stored', async () => {
  const name = freshName();
  await a.write(sample(name, now, 0));
  const { store } = host;
  const failing: Store = {
    ...store,
    samples: { ...store.samples, append: () => Promise.reject(new Error('no')) },
  };
  const { registry, ring, bus } = a;
  const env = { RETENTION_RAW: Number.POSITIVE_INFINITY, MAX_SERIES: 1_000_000 };
  const pipeline = createPipeline({ env, store: failing, registry, ring, channel: bus.samples, figures });
  const lost = pipeline.write({ samples: [{ ...sample(name, now + 1, 1), index: 0 }], errors: [] });
  await expect(lost).rejects.toMatchObject({ code: 'database_unavailable' });
  expect(inRing(a, name)).toEqual([[0, 0]]);
});

test('a commit whose answer was lost, and that comes late, is found, also what memory does not keep', async () => {
  const longAgo = -HOUR;
  const name = freshName();
  const node = await host.start();
  await node.write(sample(name, now, 0));
  const received = published(node);
  const { registry, ring, bus } = node;
  ring.evict(now);
  const { pipeline, commitLate } = pipelineLosingAnswers({ registry, ring, bus });
  const samples = [sample(name, now + 1, 1), sample(name, now + longAgo, 2)];
  const lost = pipeline.write({ samples: samples.map((each, index) => ({ ...each, index })), errors: [] });
  await expect(lost).rejects.toMatchObject({ code: 'database_unavailable' });
  // After the first look, which finds nothing.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(inRing(node, name)).toEqual([[0, 0]]);
  await commitLate();
  await expect.poll(() => received, { timeout: 10_000 }).toEqual([`${name} 1 1`, `${name} ${longAgo} 2`]);
  expect(inRing(node, name).slice(-2)).toEqual([
    [0, 0],
    [1, 1],
  ]);
  await pipeline.close();
  await node.stop();
});

test('a late sample that another server wrote, or whose answer was lost, is what a counter goes on from', async () => {
  const MINUTE = 60_000;
  const { registry, ring, bus, history } = a;
  const at = host.clock.now();
  const increaseOf = async (name: string) => {
    const question = { metric: name, start: String(at - MINUTE), end: String(at + MINUTE), step: '2m' };
    const { series } = await history.answer(parseQuery({ ...question, aggregate: 'increase' }));
    return series[0]?.points.map(([, increase]) => increase);
  };
  /** Once memory knows, so that what it answers is what it knew. */
  const knows = (name: string) => {
    const { metric } = registry.metrics.get(name)!.series[0];
    return expect
      .poll(() => ring.predecessorsSince(metric.id) <= at - MINUTE, { timeout: 10_000 })
      .toBe(true);
  };

  const name = freshName();
  await a.write(sample(name, at - 3 * 60 * MINUTE, 10));
  await a.write(sample(name, at, 100));
  expect(await increaseOf(name)).toEqual([90]);
  // The other server's, which is alone in knowing of it until somebody sends it here, too.
  await host.store.samples.append({
    seriesIds: [registry.metrics.get(name)!.series[0].id],
    timestamps: [at - 2 * 60 * MINUTE],
    values: [40],
  });
  await a.write(sample(name, at - 2 * 60 * MINUTE, 40));
  expect(await increaseOf(name)).toEqual([60]);
  await knows(name);
  expect(await increaseOf(name)).toEqual([60]);

  const { pipeline, commitLate } = pipelineLosingAnswers({ registry, ring, bus });
  const late = { ...sample(name, at - 60 * MINUTE, 95), index: 0 };
  await expect(pipeline.write({ samples: [late], errors: [] })).rejects.toMatchObject({
    code: 'database_unavailable',
  });
  await increaseOf(name);
  await knows(name);
  await commitLate();
  await expect.poll(() => increaseOf(name), { timeout: 10_000 }).toEqual([5]);
  await knows(name);
  expect(await increaseOf(name)).toEqual([5]);
  await pipeline.close();
});
