import { MINUTE } from '../../model/time/duration';
import type { Registry } from '../catalogue/registry';
import type { RingSync } from './ring-sync';

const WATCHED_FOR_MS = MINUTE;

/** Keeps the ring complete for every metric while pages of all hosts are shown. */
export interface AllMetricsWatch {
  /** Watches all metrics for a minute from now on. Samples that the ring lacks appear as they are read. */
  renew(): void;
  close(): void;
}

export function createAllMetricsWatch(
  ringSync: RingSync,
  registry: Pick<Registry, 'metrics'>,
): AllMetricsWatch {
  const stops = new Map<string, () => void>();
  let timer: NodeJS.Timeout | undefined;

  function stopAll(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const stop of stops.values()) stop();
    stops.clear();
  }

  return {
    renew() {
      for (const metric of registry.metrics.values()) {
        if (!stops.has(metric.name)) stops.set(metric.name, ringSync.watch(metric));
      }
      clearTimeout(timer);
      timer = setTimeout(stopAll, WATCHED_FOR_MS);
    },
    close: stopAll,
  };
}
