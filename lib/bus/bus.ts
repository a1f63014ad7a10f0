import type { CommittedSamples } from '../ring/ring';

/**
 * Between a commit and everyone who must hear of it, on this node and others. The bus is a hint, the store is the
 * truth: losing a message costs freshness, never a sample.
 */
export interface Bus {
  readonly kind: 'memory' | 'redis' | 'upstash';
  publish(samples: CommittedSamples): void;
  /** Calls `listener` for every publication, own ones included; returns the off-switch. */
  subscribe(listener: (samples: CommittedSamples) => void): () => void;
  close(): Promise<void>;
}
