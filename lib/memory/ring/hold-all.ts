import { MINUTE } from '../../model/time/duration';
import type { Registry } from '../catalogue/registry';
import type { RingSync } from './ring-sync';

/** How long one look at everything keeps it complete. */
const HOLD_MS = MINUTE;

/**
 * For pages that show every server: each call keeps the ring complete for every metric, for a minute from then.
 * What the ring does not hold yet appears as it is read.
 */
export function createHoldAll(ringSync: RingSync, registry: Registry) {
  const held = new Map<string, () => void>();
  let timer: NodeJS.Timeout | undefined;

  function release(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const stop of held.values()) stop();
    held.clear();
  }

  return {
    hold(): void {
      for (const metric of registry.metrics.values()) {
        if (!held.has(metric.name)) held.set(metric.name, ringSync.watch(metric));
      }
      clearTimeout(timer);
      timer = setTimeout(release, HOLD_MS);
    },
    close: release,
  };
}
