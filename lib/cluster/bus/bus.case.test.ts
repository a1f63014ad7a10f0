import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../../../test/support/processes';
import { Registry } from '../../memory/catalogue/registry';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import type { Bus, BusWatcher } from './bus';
import { BUS_VERSION } from './message';
import { createSharedBus } from './shared';
import type { Transport } from './transport';

/** What a test of an implementation provides: connections to one medium, and ways to break it. */
export interface BusMedium {
  connect(): Transport;
  /** Breaks everything; everyone can notice. */
  cut(): Promise<void> | void;
  heal(): Promise<void> | void;
  /** Makes what follows unheard without ending a connection. */
  mute(): void;
  unmute(): void;
  close(): Promise<void>;
}

const T = 1_795_200_000_000;
/** For tests in which nobody may be in doubt of anybody, however long this machine holds them up. */
const PATIENT = { beatMs: 2_500 };

interface Node {
  bus: Bus;
  registry: Registry;
  heard: Array<[seriesId: number, t: number, value: number]>;
  inRing: SampleColumns[];
  learned: number;
}

/** The behaviour of a shared bus, whatever is underneath. */
export function describeBus(name: string, open: () => Promise<BusMedium>): void {
  describe(`shared bus over ${name}`, () => {
    let medium: BusMedium;
    let nodes: Node[] = [];
    let prefix = '';
    let count = 0;

    beforeAll(async () => {
      medium = await open();
      return () => medium.close();
    });

    afterEach(async () => {
      await medium.heal();
      await Promise.all(nodes.map(({ bus }) => bus.close()));
      nodes = [];
    });

    /** A node that knows the first four series of a catalogue every node shares. */
    async function join(options: { batchMs?: number; beatMs?: number } = {}): Promise<Node> {
      const { batchMs = 20, beatMs = 250 } = options;
      const registry = new Registry();
      const add = (id: number) =>
        registry.add({
          id,
          metricId: id % 2,
          metric: id % 2 ? 'odd' : 'even',
          labels: { host: `h${id}` },
          type: 'gauge',
          unit: '',
          lastSeen: 0,
        });
      for (let id = 1; id <= 4; id++) add(id);
      const node: Node = { registry, heard: [], inRing: [], learned: 0, bus: undefined as unknown as Bus };
      node.bus = createSharedBus({
        transport: medium.connect(),
        prefix,
        batchMs,
        beatMs,
        goneAfterMs: 12 * beatMs,
        series: {
          byId: (id) => registry.seriesById.get(id),
          get highestId() {
            return registry.size;
          },
          learn: async () => {
            node.learned++;
            for (let id = registry.size + 1; id <= 6; id++) add(id);
          },
        },
        takeIn: (samples) => node.inRing.push(samples),
      });
      node.bus.subscribe(({ series, timestamps, values }) => {
        series.forEach((each, i) => {
          node.heard.push([each.id, timestamps[i], values[i]]);
        });
      });
      nodes.push(node);
      await until(() => expect(node.bus.state.up).toBe(true));
      return node;
    }

    /** Several nodes on channels of this test's own. */
    async function cluster(size: number, options?: Parameters<typeof join>[0]): Promise<Node[]> {
      prefix = `test-${process.pid}-${Date.now()}-${count++}`;
      const made: Node[] = [];
      for (let i = 0; i < size; i++) made.push(await join(options));
      return made;
    }

    const rows = (node: Node, ...samples: Array<[id: number, t: number, value: number]>): SampleColumns => ({
      series: samples.map(([id]) => node.registry.seriesById.get(id) as Series),
      timestamps: samples.map(([, t]) => t),
      values: samples.map(([, , value]) => value),
    });

    function watching(node: Node, metric: string) {
      const watcher = { hears: vi.fn(), deaf: vi.fn() } satisfies BusWatcher;
      const stop = node.bus.watch(node.registry.metrics.get(metric)!, watcher);
      return { ...watcher, stop };
    }

    async function watchingUp(node: Node, metric: string) {
      const watcher = watching(node, metric);
      await until(() => expect(watcher.hears).toHaveBeenCalled());
      watcher.hears.mockClear();
      return watcher;
    }

    /** A connection of somebody else, ready to send. */
    async function connectStranger(): Promise<Transport> {
      const stranger = medium.connect();
      await until(() => stranger.send([{ channel: `${prefix}:nobody`, text: 'ping' }]));
      return stranger;
    }

    test('what one node publishes reaches it at once and the others that watch, once', async () => {
      const [a, b, c] = await cluster(3);
      await watchingUp(b, 'odd');
      a.bus.publish(rows(a, [1, T, 1.5], [2, T, 2.5], [3, T + 1_000, 3.5]));
      expect(a.heard).toEqual([
        [1, T, 1.5],
        [2, T, 2.5],
        [3, T + 1_000, 3.5],
      ]);
      await until(() =>
        expect(b.heard).toEqual([
          [1, T, 1.5],
          [3, T + 1_000, 3.5],
        ]),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(a.heard).toHaveLength(3);
      expect(b.heard).toHaveLength(2);
      expect(c.heard).toEqual([]);
      expect(b.inRing.flatMap(({ values }) => values)).toEqual([1.5, 3.5]);
      expect(a.inRing).toEqual([]);
    });

    test('a node that stops watching hears no more of the metric', async () => {
      const [a, b] = await cluster(2);
      const odd = await watchingUp(b, 'odd');
      await watchingUp(b, 'even');
      odd.stop();
      odd.stop();
      a.bus.publish(rows(a, [1, T, 1], [2, T, 2]));
      await until(() => expect(b.heard).toEqual([[2, T, 2]]));
    });

    test('many publications leave in few batches', async () => {
      const [a, b] = await cluster(2, { batchMs: 100 });
      await watchingUp(b, 'odd');
      const before = b.bus.figures.messagesReceived;
      for (let i = 0; i < 500; i++) a.bus.publish(rows(a, [1, T + i, i]));
      await until(() => expect(b.heard).toHaveLength(500));
      expect(b.heard.map(([, , value]) => value)).toEqual(Array.from({ length: 500 }, (_, i) => i));
      expect(a.bus.figures.batchesSent).toBeLessThan(5);
      expect(b.bus.figures.messagesReceived - before).toBeLessThan(50);
    });

    test('a batch larger than one message arrives whole', async () => {
      const [a, b] = await cluster(2, PATIENT);
      await watchingUp(b, 'odd');
      const many = Array.from({ length: 12_345 }, (_, i): [number, number, number] => [1, T + i, i / 7]);
      a.bus.publish(rows(a, ...many));
      await until(() => expect(b.heard).toEqual(many));
      expect(b.bus.figures.gaps).toBe(0);
    });

    test('a series this node has not met is learned before its samples are told', async () => {
      const [a, b] = await cluster(2);
      await watchingUp(b, 'odd');
      a.registry.add({
        id: 5,
        metricId: 1,
        metric: 'odd',
        labels: { host: 'h5' },
        type: 'gauge',
        unit: '',
        lastSeen: 0,
      });
      a.bus.publish(rows(a, [5, T, 7]));
      await until(() => expect(b.heard).toEqual([[5, T, 7]]));
      expect(b.learned).toBeGreaterThan(0);
    });

    test('after an interruption everyone is told that something may be missing, and hears again', async () => {
      const [a, b] = await cluster(2);
      const odd = await watchingUp(b, 'odd');
      const states: boolean[] = [];
      b.bus.onState(({ up }) => {
        if (up !== states.at(-1)) states.push(up);
      });
      await medium.cut();
      // Which is noticed first is open: that nothing is heard of the other node, or that nothing is heard at all.
      await until(() => expect(b.bus.state.reason).toBe('redis_unreachable'));
      expect(odd.deaf).toHaveBeenCalled();
      a.bus.publish(rows(a, [1, T, 1]));
      expect(a.heard).toEqual([[1, T, 1]]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(odd.hears).not.toHaveBeenCalled();
      await medium.heal();
      await until(() => expect(odd.hears).toHaveBeenCalled());
      expect(states.slice(0, 2)).toEqual([false, true]);
      await until(() => expect(a.bus.state.up).toBe(true));
      b.heard.length = 0;
      a.bus.publish(rows(a, [1, T + 1, 2]));
      await until(() => expect(b.heard).toContainEqual([1, T + 1, 2]));
    });

    test('a connection that falls silent is noticed without anything ending', async () => {
      const [, b] = await cluster(2);
      const odd = await watchingUp(b, 'odd');
      medium.mute();
      await until(() => expect(odd.deaf).toHaveBeenCalled());
      medium.unmute();
      await until(() => expect(odd.hears).toHaveBeenCalled());
    });

    test('a node that goes without a word leaves the others in doubt, until it is taken for gone', async () => {
      const [a, b] = await cluster(2);
      const odd = await watchingUp(b, 'odd');
      const stranger = await connectStranger();
      const beat = { v: BUS_VERSION, n: 'x', k: 'beat', at: 0, every: 100, sent: {}, top: 4, bye: false };
      await stranger.send([{ channel: `${prefix}:beats`, text: JSON.stringify(beat) }]);
      await until(() => expect(odd.deaf).toHaveBeenCalledWith('node_silent'));
      // Those that are there are still heard.
      a.bus.publish(rows(a, [1, T, 1]));
      await until(() => expect(b.heard).toEqual([[1, T, 1]]));
      await until(() => expect(odd.hears).toHaveBeenCalled());
      await stranger.close();
    });

    test('a node that says that it goes leaves no doubt', async () => {
      const [a, b] = await cluster(2, PATIENT);
      const odd = await watchingUp(b, 'odd');
      const c = await join(PATIENT);
      await until(() => expect(b.bus.figures.peers).toBe(2));
      await c.bus.close();
      await until(() => expect(b.bus.figures.peers).toBe(1));
      expect(odd.deaf).not.toHaveBeenCalled();
      expect(a.bus.state.up).toBe(true);
    });

    test('a message of another version is ignored and counted, and nothing is vouched for meanwhile', async () => {
      const [, b] = await cluster(2);
      const odd = await watchingUp(b, 'odd');
      const stranger = await connectStranger();
      const say = (value: unknown) =>
        stranger.send([{ channel: `${prefix}:samples:odd`, text: JSON.stringify(value) }]);
      await say({ v: BUS_VERSION + 1, n: 'from-the-future', k: 'samples', columns: 'unknown' });
      await until(() => expect(b.bus.state.reason).toBe('newer_version'));
      expect(odd.deaf).toHaveBeenCalled();
      expect(b.bus.figures.messagesNewer).toBe(1);
      await say({ hello: 'world' });
      await until(() => expect(b.bus.figures.messagesInvalid).toBe(1));
      expect(b.heard).toEqual([]);
      await until(() => expect(odd.hears).toHaveBeenCalled());
      await stranger.close();
    });

    test('a lost message is noticed: by the next one, and without a next one by the sign of life', async () => {
      const [, b] = await cluster(2, PATIENT);
      const odd = await watchingUp(b, 'odd');
      const stranger = await connectStranger();
      const message = { v: BUS_VERSION, n: 'stranger', k: 'samples', m: 'odd', i: [1], t: [T], x: [1] };
      const say = (value: unknown, channel = 'samples:odd') =>
        stranger.send([{ channel: `${prefix}:${channel}`, text: JSON.stringify(value) }]);
      await say({ ...message, s: 1 });
      await say({ ...message, s: 2, t: [T + 1] });
      await until(() => expect(b.heard).toHaveLength(2));
      expect(odd.hears).not.toHaveBeenCalled();
      await say({ ...message, s: 4, t: [T + 2] });
      await until(() => expect(odd.hears).toHaveBeenCalledTimes(1));
      const beat = { v: BUS_VERSION, n: 'stranger', k: 'beat', at: 0, every: 60_000, top: 4, bye: false };
      await say({ ...beat, sent: { odd: 5 } }, 'beats');
      await until(() => expect(odd.hears).toHaveBeenCalledTimes(2));
      await say({ ...beat, sent: { odd: 5 }, bye: true }, 'beats');
      await stranger.close();
    });

    test('a bus without any node near it is up, and closes quickly, twice', async () => {
      const [a] = await cluster(1);
      expect(a.bus.figures.peers).toBe(0);
      expect(a.bus.state.lagMs).toBeGreaterThanOrEqual(0);
      await a.bus.close();
      await a.bus.close();
    });
  });
}
