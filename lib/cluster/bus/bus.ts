import type { SampleColumns } from '../../model/samples';
import type { Metric } from '../../model/series';

/**
 * Between a commit and everyone who must hear of it, on this node and others. The bus is a hint, the store is the
 * truth: losing a message costs freshness, never a sample.
 */
export interface Bus {
  readonly kind: 'memory' | 'redis' | 'upstash';
  /** Whether other nodes commit too. Alone, what this node commits is all there is. */
  readonly shared: boolean;
  readonly state: BusState;
  readonly figures: BusFigures;
  /** Tells of what this node has committed: its own listeners at once, other nodes in the next batch. */
  publish(samples: SampleColumns): void;
  /** Tells this node's listeners only, of what was found in the database. */
  deliver(samples: SampleColumns): void;
  /** Calls `listener` for every publication, own ones included; returns the off-switch. */
  subscribe(listener: (samples: SampleColumns) => void): () => void;
  /** Asks to hear what other nodes commit to this metric; returns the off-switch. */
  watch(metric: Metric, watcher: BusWatcher): () => void;
  /** Calls `listener` whenever other nodes become reachable or cease to be; returns the off-switch. */
  onState(listener: (state: BusState) => void): () => void;
  close(): Promise<void>;
}

/** What a node that watches a metric is told about its hearing. */
export interface BusWatcher {
  /**
   * From now on every publication is heard; **everything before may have been missed**. Called when the watching
   * begins, after every interruption, and when a message turns out to be missing.
   */
  hears(): void;
  /** From now on publications may be missed. */
  deaf(reason: BusTrouble): void;
}

/** Why publications of other nodes may be missed. */
export type BusTrouble = 'redis_unreachable' | 'node_silent' | 'newer_version';

export interface BusState {
  up: boolean;
  reason: BusTrouble | null;
  /** How long a message of this node takes to come back to it, ms; null before the first. */
  lagMs: number | null;
}

export interface BusFigures {
  batchesSent: number;
  batchesFailed: number;
  /** Samples left out because the bus could not be reached for long: others read them from the database. */
  samplesDropped: number;
  messagesReceived: number;
  /** Messages of a newer version, ignored. */
  messagesNewer: number;
  messagesInvalid: number;
  /** Times a message was found missing. */
  gaps: number;
  metricsWatched: number;
  peers: number;
}
