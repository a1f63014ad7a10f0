import type { CommittedSamples } from '../ring/ring';
import type { Bus } from './bus';

/** The bus of a single node: a synchronous call to every listener. */
export function createMemoryBus(): Bus {
  const listeners = new Set<(samples: CommittedSamples) => void>();
  return {
    kind: 'memory',
    publish(samples) {
      for (const listener of listeners) listener(samples);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
    },
  };
}
