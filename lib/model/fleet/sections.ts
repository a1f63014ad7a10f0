import type { HostMetric } from './answers';

/**
 * The sections of a host's page, in reading order, as data: a metric belongs to the first section whose pattern matches
 * its name. `lead`: the metrics that come first in the section; the others are sorted by name. Client-safe.
 */
const SECTIONS: readonly SectionRow[] = [
  {
    key: 'cpu',
    title: 'CPU',
    pattern: /^(node_|system_)?(cpu|core|context_switch|interrupt|load)/,
    lead: ['cpu_usage_percent', 'cpu_mode_percent', 'cpu_core_usage_percent', 'load1', 'load5', 'load15'],
  },
  {
    key: 'memory',
    title: 'Memory',
    pattern: /^(node_|system_)?(mem|swap)/,
    lead: ['memory_used_percent', 'memory_used_bytes', 'memory_available_bytes'],
  },
  {
    key: 'disk',
    title: 'Disks',
    pattern: /^(node_|system_)?(disk|filesystem|fs|io)(_|$)/,
    lead: [
      'filesystem_used_percent',
      'disk_busy_percent',
      'disk_read_bytes_total',
      'disk_written_bytes_total',
    ],
  },
  {
    key: 'network',
    title: 'Network',
    pattern: /^(node_|system_)?(net|network|tcp|udp|socket)/,
    lead: ['network_receive_bytes_total', 'network_transmit_bytes_total'],
  },
  {
    key: 'temperature',
    title: 'Temperature and power',
    pattern: /(temperature|_celsius|thermal|fan|battery|power)/,
  },
  { key: 'process', title: 'Processes', pattern: /^(node_|system_)?(process|procs|thread)/ },
  { key: 'system', title: 'System', pattern: /^(node_|system_)?(uptime|boot|users|time|clock|host)/ },
  { key: 'other', title: 'Everything else', pattern: /(?:)/ },
];

interface SectionRow {
  key: string;
  title: string;
  pattern: RegExp;
  lead?: readonly string[];
}

export interface Section {
  key: string;
  title: string;
  metrics: HostMetric[];
}

/** Sections that have metrics, in reading order; every metric is in exactly one. */
export function inSections(metrics: readonly HostMetric[]): Section[] {
  const sections: Section[] = SECTIONS.map(({ key, title }) => ({ key, title, metrics: [] }));
  for (const metric of metrics) {
    const at = SECTIONS.findIndex(({ pattern }) => pattern.test(metric.name));
    sections[at].metrics.push(metric);
  }
  sections.forEach(({ metrics: ofSection }, at) => {
    ofSection.sort(leading(SECTIONS[at].lead ?? []));
  });
  return sections.filter((section) => section.metrics.length > 0);
}

function leading(lead: readonly string[]): (a: HostMetric, b: HostMetric) => number {
  const place = ({ name }: HostMetric) => (lead.includes(name) ? lead.indexOf(name) : lead.length);
  return (a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1);
}
