/**
 * The main figures of a host, as data: a new row is the whole change. `metrics` are the names of its metric, best
 * first; a host uses the first it has. Counters are shown as a rate per second, other metrics as their newest value.
 * Client-safe.
 */
export const HEADLINES = [
  {
    key: 'cpu',
    title: 'CPU',
    unit: 'percent',
    combine: 'avg',
    metrics: ['cpu_usage_percent', 'cpu_percent', 'cpu_usage'],
  },
  {
    key: 'memory',
    title: 'Memory',
    unit: 'percent',
    combine: 'avg',
    metrics: ['memory_used_percent', 'memory_usage_percent', 'mem_used_percent'],
  },
  {
    key: 'load',
    title: 'Load',
    unit: '',
    combine: 'avg',
    metrics: ['load1', 'load_1', 'system_load1', 'node_load1'],
  },
  {
    key: 'disk',
    title: 'Fullest disk',
    unit: 'percent',
    combine: 'max',
    metrics: ['filesystem_used_percent', 'disk_used_percent', 'disk_usage_percent'],
  },
  {
    key: 'received',
    title: 'Received',
    unit: 'bytes_per_second',
    combine: 'sum',
    metrics: [
      'network_receive_bytes_total',
      'network_received_bytes_total',
      'network_receive_bytes_per_second',
    ],
  },
  {
    key: 'sent',
    title: 'Sent',
    unit: 'bytes_per_second',
    combine: 'sum',
    metrics: [
      'network_transmit_bytes_total',
      'network_sent_bytes_total',
      'network_transmit_bytes_per_second',
    ],
  },
] as const satisfies readonly Headline[];

export type HeadlineKey = (typeof HEADLINES)[number]['key'];
export const HEADLINE_KEYS = HEADLINES.map(({ key }) => key);

export interface Headline {
  key: string;
  title: string;
  unit: string;
  /** How several series of one host (devices, mounts, cores) become one figure. */
  combine: 'avg' | 'max' | 'sum';
  metrics: readonly string[];
}

export function isHeadlineKey(text: string): text is HeadlineKey {
  return HEADLINES.some(({ key }) => key === text);
}

export function headline(key: HeadlineKey): (typeof HEADLINES)[number] {
  return HEADLINES.find((one) => one.key === key)!;
}
