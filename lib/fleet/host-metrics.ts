import type { Metric, Series } from '../catalogue/registry';
import type { HostMetric } from './answers';

/** What a host measures, by metric, in the order of names. */
export function hostMetrics(series: readonly Series[]): HostMetric[] {
  const byMetric = new Map<Metric, Series[]>();
  for (const one of series) {
    const known = byMetric.get(one.metric);
    if (known) known.push(one);
    else byMetric.set(one.metric, [one]);
  }
  return [...byMetric]
    .map(([metric, ofMetric]) => ({
      name: metric.name,
      type: metric.type,
      unit: metric.unit,
      series: ofMetric.length,
      dimensions: dimensions(ofMetric),
      lastSeen: Math.max(...ofMetric.map(({ lastSeen }) => lastSeen)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The labels in which the series of one metric of one host differ, those with the fewest values first. */
function dimensions(series: readonly Series[]): HostMetric['dimensions'] {
  const values = new Map<string, Set<string>>();
  for (const { labels } of series) {
    for (const [label, value] of Object.entries(labels)) {
      const known = values.get(label);
      if (known) known.add(value);
      else values.set(label, new Set([value]));
    }
  }
  return [...values]
    .filter(([, distinct]) => distinct.size > 1)
    .map(([label, distinct]) => ({ label, values: distinct.size }))
    .sort((a, b) => a.values - b.values || (a.label < b.label ? -1 : 1));
}
