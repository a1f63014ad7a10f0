import type { SampleColumns } from '../../model/samples';
import type { Metric } from '../../model/series';

/**
 * Publishes committed samples to this node and to other nodes. The bus is a hint, the store is the truth: a lost
 * message costs freshness, never a sample.
 */
export interface Bus {
  readonly samples: SampleChannel;
  /** Subscribes this node to what other nodes commit to this metric; returns the off-switch. */
  watch(metric: Metric, watcher: MetricWatcher): () => void;
  readonly status: BusStatus;
  close(): Promise<void>;
}

/** Committed samples, from the part that committed or found them to every listener on this node. */
export interface SampleChannel {
  /** Samples that this node has committed: to its own listeners at once, to other nodes in the next batch. */
  publish(samples: SampleColumns): void;
  /** Samples that were found in the database: to this node's listeners only. */
  publishLocally(samples: SampleColumns): void;
  /** Calls `listener` for every publication, own ones included; returns the off-switch. */
  subscribe(listener: (samples: SampleColumns) => void): () => void;
}

/** Is notified whether this node receives what other nodes commit to a metric. */
export interface MetricWatcher {
  /**
   * From now on every publication is received; **everything before may have been missed** and has to be read from the
   * database. Called when the watching begins, after every interruption, and when a message turns out to be missing.
   */
  resync(): void;
  /** From now on publications may be missed. */
  disconnected(reason: DisconnectReason): void;
}

/** Why publications of other nodes may be missed. */
export type DisconnectReason = 'redis_unreachable' | 'node_silent' | 'newer_version';

/** How the bus is, for the health of this node and for its metrics. */
export interface BusStatus {
  readonly kind: 'memory' | 'redis' | 'upstash';
  /** Whether other nodes commit too. Alone, what this node commits is all there is. */
  readonly shared: boolean;
  readonly state: BusState;
  readonly figures: BusFigures;
  /** Calls `listener` whenever other nodes become reachable or cease to be; returns the off-switch. */
  onState(listener: (state: BusState) => void): () => void;
}

export interface BusState {
  up: boolean;
  reason: DisconnectReason | null;
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
