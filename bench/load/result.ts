import type { EventTimes } from './audience';
import type { Bus, Sums, System } from './scene';
import type { WrkResult } from './wrk';

export interface Latencies {
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

/** One run, as `bench/results/*.json` keeps it. Times are ms, sizes bytes, rates per second. */
export interface Result {
  name: string;
  /** ISO 8601. */
  at: string;
  scenario: string;
  system: System;
  /** What an answer promises. */
  durability: string;
  bus: Bus | null;
  nodes: number;
  servers: number;
  senders: number;
  viewers: number;
  samplesPerMessage: number;
  seconds: number;
  /** How the load was set: at a steady rate, or each sender again as soon as it has its answer. */
  pace: 'steady' | 'flat-out';
  /** Messages a second: due by the senders' clocks (null flat-out), answered within the time measured. */
  offered: number | null;
  answered: number;
  samplesPerSecond: number;
  /** From when a message was due. */
  ack: Latencies;
  event: EventTimes | null;
  errors: Record<string, number>;
  acknowledged: Sums;
  stored: Sums;
  lost: number;
  cores: { server: number; database: number; redis: number; generator: number };
  samplesPerCpuSecond: number;
  memory: { server: number; serverPeak: number; database: number };
  wirePerSample: { sent: number; received: number };
  diskPerSample: { tables: number; wal: number };
  /** How late the generator itself was, p99. */
  generatorLateP99: number;
  /** The same from `wrk`, where it was asked. */
  wrk?: WrkResult;
  versions: Versions;
}

export interface Versions {
  machine: string;
  /** Bodies of 10 samples that one core parsed a second, right after the run. */
  coreSpeed: number;
  node: string;
  database: string;
}

/** Whether the run is worth anything: no error, everything acknowledged is there, and nothing else. */
export function isExact({ errors, acknowledged, stored }: Result): boolean {
  return (
    Object.keys(errors).length === 0 &&
    stored.samples === acknowledged.samples &&
    stored.hundredths === acknowledged.hundredths
  );
}
