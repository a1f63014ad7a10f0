import type { Engine } from '../../lib/store/store';

/** Who is measured: Pulseboard on one of its engines, or a peer. */
export type System = Engine | 'influxdb' | 'victoria-metrics';

export type Bus = 'memory' | 'redis';

/** What is measured. */
export interface Scene {
  readonly system: System;
  /** Of each node. */
  readonly ports: readonly number[];
  readonly pids: { servers: readonly number[]; postmaster: number | null; redis: number | null };
  readonly storage: Storage;
  close(): Promise<void>;
}

/** What a scene says of what it has stored. */
export interface Storage {
  sums(): Promise<Sums>;
  /** Bytes of tables and indexes, and of the log that was written before them since the beginning. */
  size(): Promise<{ tables: number; wal: number }>;
  describe(): Promise<{ database: string; durability: string }>;
}

/** So many samples, and the sum of their values in hundredths. */
export interface Sums {
  samples: number;
  hundredths: number;
}
