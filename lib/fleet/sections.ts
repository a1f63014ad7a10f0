import type { HostMetric } from './answers';

/**
 * The chapters of a host's page, in reading order, as data: a metric belongs to the first whose pattern its name
 * matches. Patterns are anchored at a word, so that `disk_cpu_wait` is about a disk. Client-safe.
 */
export const SECTIONS = [
  { key: 'cpu', title: 'CPU', pattern: /^(node_|system_)?(cpu|core)/ },
  { key: 'load', title: 'Load', pattern: /^(node_|system_)?load/ },
  { key: 'memory', title: 'Memory', pattern: /^(node_|system_)?(mem|swap)/ },
  { key: 'disk', title: 'Disks', pattern: /^(node_|system_)?(disk|filesystem|fs|io)(_|$)/ },
  { key: 'network', title: 'Network', pattern: /^(node_|system_)?(net|network|tcp|udp|socket)/ },
  {
    key: 'temperature',
    title: 'Temperature and power',
    pattern: /(temperature|_celsius|thermal|fan|battery|power)/,
  },
  { key: 'process', title: 'Processes', pattern: /^(node_|system_)?(process|procs|thread)/ },
  { key: 'system', title: 'System', pattern: /^(node_|system_)?(uptime|boot|users|time|clock|host)/ },
  { key: 'other', title: 'Everything else', pattern: /(?:)/ },
] as const;

export type SectionKey = (typeof SECTIONS)[number]['key'];

export interface Section {
  key: SectionKey;
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
  return sections.filter((section) => section.metrics.length > 0);
}
