import type { Metric } from './registry';

/** Label names that any of the metric's series has, sorted. */
export function metricLabels({ series }: Metric): string[] {
  const names = new Set<string>();
  for (const { labels } of series) for (const name in labels) names.add(name);
  return [...names].sort();
}
