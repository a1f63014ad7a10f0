import { createMemoryBus } from '@/lib/cluster/bus/memory';
import { Registry } from '@/lib/memory/catalogue/registry';
import { Ring } from '@/lib/memory/ring/ring';
import type { Labels } from '@/lib/model/labels';
import type { MetricType, Series } from '@/lib/model/series';
import { MINUTE } from '@/lib/model/time/duration';
import { Fleet } from '@/lib/read/fleet/fleet';
import { createScheduler } from './scheduler';

export const START = 1_795_200_000_000;

/** A fleet on a real registry, ring and bus, with a clock of its own. */
export function createFleetNode() {
  const registry = new Registry();
  const ring = new Ring({ windowMs: 10 * MINUTE, maxBytes: 2 ** 30, startedAt: START - 10 * MINUTE });
  const bus = createMemoryBus();
  const clock = { now: START };
  const metricIds = new Map<string, number>();
  const made = {
    registry,
    ring,
    bus,
    clock,
    fleet: undefined as unknown as Fleet,
    series,
    commit,
    open,
    close,
  };

  function series(
    metric: string,
    labels: Labels,
    options: { type?: MetricType; lastSeen?: number } = {},
  ): Series {
    if (!metricIds.has(metric)) metricIds.set(metric, metricIds.size + 1);
    return registry.add({
      id: registry.size + 1,
      metric,
      labels,
      metricId: metricIds.get(metric)!,
      type: options.type ?? 'gauge',
      unit: '',
      lastSeen: options.lastSeen ?? 0,
    });
  }

  /** What a commit does: into the ring, then onto the bus. */
  function commit(one: Series, value: number, timestamp = clock.now): void {
    const samples = { series: [one], timestamps: [timestamp], values: [value] };
    ring.add(samples);
    bus.samples.publish(samples);
  }

  function open(): Fleet {
    made.fleet = new Fleet({
      registry,
      ring,
      channel: bus.samples,
      scheduler: createScheduler(),
      now: () => clock.now,
    });
    return made.fleet;
  }

  function close(): void {
    made.fleet?.close();
  }

  return made;
}
