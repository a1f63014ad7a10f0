import { afterEach, expect, test, vi } from 'vitest';
import { until } from '../../../test/support/processes';
import { MemoryNetwork } from '../../cluster/bus/memory';
import { createSharedBus } from '../../cluster/bus/shared';
import { PulseError } from '../../model/errors';
import type { SampleRows } from '../../model/samples';
import { MINUTE, SECOND } from '../../model/time/duration';
import { Registry } from '../catalogue/registry';
import { Ring } from './ring';
import { createRingSync } from './ring-sync';

/** What the nodes share besides the network: the committed samples, and whether they can be read. */
class Shelf {
  readonly rows = new Map<string, [id: number, t: number, value: number]>();
  isAway = false;
  reads: Array<{ start: number; end: number }> = [];

  async *readSamples(range: { start: number; end: number; seriesIds?: readonly number[] }) {
    if (this.isAway) throw new PulseError('database_unavailable', 'away');
    this.reads.push(range);
    const page: SampleRows = { seriesIds: [], timestamps: [], values: [] };
    for (const [id, t, value] of this.rows.values()) {
      if (t < range.start || t >= range.end || !range.seriesIds?.includes(id)) continue;
      page.seriesIds.push(id);
      page.timestamps.push(t);
      page.values.push(value);
    }
    yield page;
  }
}

const closers: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function cluster() {
  const network = new MemoryNetwork();
  const shelf = new Shelf();
  const started = Date.now();

  async function join(maxBytes = 2 ** 30) {
    const registry = new Registry();
    const series = [1, 2].map((id) =>
      registry.add({
        id,
        metricId: 7,
        metric: 'm',
        labels: { host: `h${id}` },
        type: 'gauge',
        unit: '',
        lastSeen: 0,
      }),
    );
    const [{ metric }] = series;
    const ring = new Ring({ windowMs: 10 * MINUTE, maxBytes, startedAt: started, shared: true });
    const directory = {
      byId: (id: number) => registry.seriesById.get(id),
      highestId: 2,
      learn: async () => {},
    };
    const bus = createSharedBus({
      transport: network.connect(),
      series: directory,
      onReceived: (samples) => ring.add(samples),
      batchMs: 5,
      beatMs: 2_000,
    });
    const onResynced = vi.fn();
    const received: number[] = [];
    bus.samples.subscribe(({ timestamps }) => received.push(...timestamps));
    const ringSync = createRingSync({
      bus,
      ring,
      stored: shelf,
      learn: directory.learn,
      onResynced,
      pollMs: 30,
      lingerMs: 100,
    });
    closers.push(
      () => ringSync.close(),
      () => bus.close(),
    );
    await until(() => expect(bus.status.state.up).toBe(true));
    /** Commits, as the pipeline does: to the database, then to the ring and the bus. */
    const commit = (id: number, t: number, value = t % 1_000) => {
      shelf.rows.set(`${id} ${t}`, [id, t, value]);
      const samples = { series: [series[id - 1]], timestamps: [t], values: [value] };
      ring.add(samples);
      bus.samples.publish(samples);
    };
    return { ring, bus, ringSync, metric, onResynced, received, commit };
  }
  return { network, shelf, join };
}

/** What the ring covers is what the database holds. */
function expectTruth(ring: Ring, shelf: Shelf): void {
  const from = ring.coveredSince(7);
  for (const id of [1, 2]) {
    const stored = [...shelf.rows.values()].filter(([of, t]) => of === id && t >= from).map(([, t]) => t);
    const samples = ring.samples(id);
    const held: number[] = [];
    for (let at = samples?.lowerBound(from) ?? 0; samples && at < samples.end; at++)
      held.push(samples.timestampAt(at));
    expect(held).toEqual(stored.sort((a, b) => a - b));
  }
}

test('no metric is complete until somebody looks, then the newest part is first, then the whole window', async () => {
  const { shelf, join } = cluster();
  const now = Date.now();
  for (let i = 0; i < 9; i++) shelf.rows.set(`1 ${i}`, [1, now - i * MINUTE, i]);
  const { ring, ringSync, metric, received } = await join();
  expect(ring.coveredSince(metric.id)).toBe(Number.POSITIVE_INFINITY);
  ringSync.watch(metric);
  await until(() => expect(ringSync.complete).toBe(1));
  await until(() => expect(ring.coveredSince(metric.id)).toBeLessThan(now - 9 * MINUTE));
  expect(shelf.reads[0].start).toBeGreaterThan(now - 31 * SECOND);
  expectTruth(ring, shelf);
  expect(received).toHaveLength(9);
});

test('what other nodes commit is here while somebody looks, and not claimed soon after nobody does', async () => {
  const { shelf, join } = cluster();
  const [a, b] = [await join(), await join()];
  const stop = b.ringSync.watch(b.metric);
  await until(() => expect(b.ringSync.complete).toBe(1));
  for (let i = 0; i < 50; i++) a.commit((i % 2) + 1, Date.now() - i);
  await until(() => expect(b.received.length).toBeGreaterThanOrEqual(50));
  expectTruth(b.ring, shelf);
  stop();
  stop();
  expect(b.ring.coveredSince(7)).not.toBe(Number.POSITIVE_INFINITY);
  await until(() => expect(b.ring.coveredSince(7)).toBe(Number.POSITIVE_INFINITY));
});

test('a second look before the first has faded costs no reading', async () => {
  const { shelf, join } = cluster();
  const { ringSync, metric } = await join();
  const stop = ringSync.watch(metric);
  await until(() => expect(shelf.reads.length).toBeGreaterThan(9));
  stop();
  ringSync.watch(metric);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(ringSync.complete).toBe(1);
});

test('while messages of others do not arrive no metric is complete, but their samples are read and published', async () => {
  const { network, shelf, join } = cluster();
  const [a, b] = [await join(), await join()];
  b.ringSync.watch(b.metric);
  await until(() => expect(b.ringSync.complete).toBe(1));
  network.cut();
  await until(() => expect(b.ring.coveredSince(7)).toBe(Number.POSITIVE_INFINITY));
  const t = Date.now();
  const late = t - 5 * MINUTE;
  a.commit(1, t);
  a.commit(2, late);
  await until(() => expect(b.received).toContain(t));
  expect(b.ring.coveredSince(7)).toBe(Number.POSITIVE_INFINITY);
  expect(b.onResynced).toHaveBeenCalledTimes(1);
  network.heal();
  await until(() => expect(b.received).toContain(late));
  expectTruth(b.ring, shelf);
  expect(b.onResynced.mock.calls).toEqual([[b.metric], [b.metric]]);
});

test('a database that is away delays completeness, and does not claim it falsely', async () => {
  const { shelf, join } = cluster();
  const { ring, ringSync, metric } = await join();
  shelf.isAway = true;
  ringSync.watch(metric);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(ring.coveredSince(7)).toBe(Number.POSITIVE_INFINITY);
  shelf.isAway = false;
  await until(() => expect(ringSync.complete).toBe(1));
});

test('three nodes under a network that comes and goes: what counts as complete stays true', async () => {
  const { network, shelf, join } = cluster();
  const nodes = [await join(), await join(), await join()];
  for (const { ringSync, metric } of nodes) ringSync.watch(metric);
  await until(() => expect(nodes.map(({ ringSync }) => ringSync.complete)).toEqual([1, 1, 1]));
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 40; i++) {
      const age = i % 5 === 0 ? Math.random() * 9 * MINUTE : Math.random() * SECOND;
      nodes[i % 3].commit((i % 2) + 1, Math.floor(Date.now() - age));
      if (i === 15) network.cut();
      if (i === 30) network.heal();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(() => {
      for (const { ring, ringSync } of nodes) {
        expect(ringSync.complete).toBe(1);
        expect(ring.coveredSince(7)).toBeLessThan(Date.now() - 9 * MINUTE);
        expectTruth(ring, shelf);
      }
    });
  }
});
