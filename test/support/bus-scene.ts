import { expect, vi } from 'vitest';
import type { Bus, MetricWatcher } from '@/lib/cluster/bus/bus';
import { createSharedBus } from '@/lib/cluster/bus/shared';
import type { Transport } from '@/lib/cluster/bus/transport';
import { Registry } from '@/lib/memory/catalogue/registry';
import type { SampleColumns } from '@/lib/model/samples';
import type { Series } from '@/lib/model/series';
import { until } from './processes';

/** What a test of an implementation provides: connections to one medium, and ways to break it. */
export interface BusMedium {
  connect(): Transport;
  close(): Promise<void>;
  readonly faults: BusFaults;
}

export interface BusFaults {
  /** Breaks everything; everyone can notice. */
  cut(): Promise<void> | void;
  heal(): Promise<void> | void;
  /** Loses every message from now on without ending a connection. */
  mute(): void;
  unmute(): void;
}

/** For tests in which no heartbeat may be missing, however slow this machine is. */
export const PATIENT = { beatMs: 2_500 };

export interface BusNode {
  bus: Bus;
  registry: Registry;
  received: Array<[seriesId: number, t: number, value: number]>;
  inRing: SampleColumns[];
  learned: number;
}

export interface BusNodeOptions {
  batchMs?: number;
  beatMs?: number;
}

/** Nodes that share a bus, on channels of each test's own. */
export function createBusScene(medium: BusMedium) {
  let nodes: BusNode[] = [];
  let prefix = '';
  let count = 0;

  /** A node that knows the first four series of a catalogue every node shares. */
  async function join({ batchMs = 20, beatMs = 250 }: BusNodeOptions = {}): Promise<BusNode> {
    const registry = new Registry();
    for (let id = 1; id <= 4; id++) addSeries(registry, id);
    const parts = { registry, received: [], inRing: [], learned: 0 };
    const node: BusNode = Object.assign(parts, {
      bus: createSharedBus({
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
            for (let id = registry.size + 1; id <= 6; id++) addSeries(registry, id);
          },
        },
        onReceived: (samples) => node.inRing.push(samples),
      }),
    });
    node.bus.samples.subscribe(({ series, timestamps, values }) => {
      series.forEach((each, i) => {
        node.received.push([each.id, timestamps[i], values[i]]);
      });
    });
    nodes.push(node);
    await until(() => expect(node.bus.status.state.up).toBe(true));
    return node;
  }

  return {
    faults: medium.faults,
    join,
    /** Several nodes on channels of this test's own. */
    async start(size: number, options?: BusNodeOptions): Promise<BusNode[]> {
      prefix = `test-${process.pid}-${Date.now()}-${count++}`;
      const started: BusNode[] = [];
      for (let i = 0; i < size; i++) started.push(await join(options));
      return started;
    },
    /** Another program on the same channels, ready to send what is no bus's. */
    async connectStranger() {
      const transport = medium.connect();
      await until(() => transport.send([{ channel: `${prefix}:nobody`, text: 'ping' }]));
      return {
        send: (channel: string, message: unknown) =>
          transport.send([{ channel: `${prefix}:${channel}`, text: JSON.stringify(message) }]),
        close: () => transport.close(),
      };
    },
    async stop(): Promise<void> {
      await medium.faults.heal();
      await Promise.all(nodes.map(({ bus }) => bus.close()));
      nodes = [];
    },
  };
}
export type BusScene = ReturnType<typeof createBusScene>;

export function addSeries(registry: Registry, id: number): void {
  registry.add({
    id,
    metricId: id % 2,
    metric: id % 2 ? 'odd' : 'even',
    labels: { host: `h${id}` },
    type: 'gauge',
    unit: '',
    lastSeen: 0,
  });
}

export function columnsOf(
  { registry }: BusNode,
  ...samples: Array<[id: number, t: number, value: number]>
): SampleColumns {
  return {
    series: samples.map(([id]) => registry.seriesById.get(id) as Series),
    timestamps: samples.map(([, t]) => t),
    values: samples.map(([, , value]) => value),
  };
}

/** Watches a metric and waits until it is connected. */
export async function watchMetric({ bus, registry }: BusNode, metric: string) {
  const watcher = { resync: vi.fn(), disconnected: vi.fn() } satisfies MetricWatcher;
  const stop = bus.watch(registry.metrics.get(metric)!, watcher);
  await until(() => expect(watcher.resync).toHaveBeenCalled());
  watcher.resync.mockClear();
  return { ...watcher, stop };
}
