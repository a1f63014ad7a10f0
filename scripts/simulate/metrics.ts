import type { Labels } from '../../lib/model/labels';
import { HOUR, MINUTE } from '../../lib/model/time/duration';
import { smoothNoise } from './random';

/** What one server is like at one moment, from which all its metrics follow: so they agree with each other. */
export interface Moment {
  t: number;
  /** Distinguishes servers with the same role, for noise of their own. */
  key: number;
  /** 0 to 1: how busy its processors are. */
  load: number;
  cores: number;
  requestsPerSecond: number;
  latencySeconds: number;
  /** Share of requests that fail. */
  errors: number;
  bootedAt: number;
}

/** A gauge's `value` is what it is; a counter's is by how much it grows per second. */
export interface SimulatedMetric {
  name: string;
  type: 'gauge' | 'counter';
  unit: string;
  labels?: Labels;
  value(moment: Moment): number;
}

const MEMORY_BYTES = 16 * 2 ** 30;
const BYTES_PER_REQUEST = { received: 1_900, sent: 14_000, read: 350, written: 900 };

const NAMED: SimulatedMetric[] = [
  { name: 'cpu_usage_percent', type: 'gauge', unit: 'percent', value: ({ load }) => load * 100 },
  {
    name: 'memory_used_percent',
    type: 'gauge',
    unit: 'percent',
    value: (moment) => memoryShare(moment) * 100,
  },
  { name: 'load1', type: 'gauge', unit: '', value: ({ load, cores }) => load * cores * 1.1 },
  {
    name: 'network_receive_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: { interface: 'eth0' },
    value: ({ requestsPerSecond }) => requestsPerSecond * BYTES_PER_REQUEST.received,
  },
  {
    name: 'network_transmit_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: { interface: 'eth0' },
    value: ({ requestsPerSecond }) => requestsPerSecond * BYTES_PER_REQUEST.sent,
  },
  {
    name: 'http_requests_total',
    type: 'counter',
    unit: '',
    value: ({ requestsPerSecond }) => requestsPerSecond,
  },
  {
    name: 'http_errors_total',
    type: 'counter',
    unit: '',
    value: ({ requestsPerSecond, errors }) => requestsPerSecond * errors,
  },
  {
    name: 'http_request_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    value: ({ latencySeconds }) => latencySeconds,
  },
  {
    name: 'disk_written_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: { device: 'nvme0n1' },
    value: ({ requestsPerSecond }) => requestsPerSecond * BYTES_PER_REQUEST.written,
  },
  {
    name: 'filesystem_used_percent',
    type: 'gauge',
    unit: 'percent',
    labels: { mountpoint: '/' },
    value: diskFilling,
  },
  {
    name: 'disk_read_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: { device: 'nvme0n1' },
    value: ({ requestsPerSecond }) => requestsPerSecond * BYTES_PER_REQUEST.read,
  },
  {
    name: 'memory_used_bytes',
    type: 'gauge',
    unit: 'bytes',
    value: (moment) => Math.round(memoryShare(moment) * MEMORY_BYTES),
  },
  {
    name: 'uptime_seconds',
    type: 'gauge',
    unit: 'seconds',
    value: ({ t, bootedAt }) => Math.round((t - bootedAt) / 1_000),
  },
  {
    name: 'temperature_celsius',
    type: 'gauge',
    unit: 'celsius',
    value: ({ load, t, key }) => 38 + load * 40 + smoothNoise(t, MINUTE, key, 20),
  },
  {
    name: 'connections_open',
    type: 'gauge',
    unit: '',
    value: ({ requestsPerSecond, latencySeconds }) => Math.round(4 + requestsPerSecond * latencySeconds),
  },
];

/** The first `count` metrics of a server; past those with a name of their own come plain wandering ones. */
export function metricsOf(count: number): SimulatedMetric[] {
  const more = Array.from({ length: Math.max(0, count - NAMED.length) }, (_, at) => wandering(at + 1));
  return [...NAMED, ...more].slice(0, count);
}

function wandering(number: number): SimulatedMetric {
  return {
    name: `app_gauge_${number}`,
    type: 'gauge',
    unit: '',
    value: ({ t, key, load }) => 50 + 30 * smoothNoise(t, 3 * MINUTE, key, 100 + number) + 20 * load,
  };
}

/** Caches fill up after a start; a request takes a little. */
function memoryShare({ t, bootedAt, load, key }: Moment): number {
  const filled = 1 - Math.exp(-(t - bootedAt) / HOUR);
  return Math.min(0.97, 0.25 + 0.3 * filled + 0.2 * load + 0.03 * smoothNoise(t, 10 * MINUTE, key, 21));
}

/** Logs fill the disk until they are rotated, every 20 to 30 hours. */
function diskFilling({ t, key }: Moment): number {
  const periodMs = (20 + (key % 11)) * HOUR;
  return 35 + (key % 23) + 25 * ((t % periodMs) / periodMs);
}
