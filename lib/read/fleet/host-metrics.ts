import type { HostMetric } from '../../model/fleet/answers';
import type { Metric, Series } from '../../model/series';
import type { PausableWork } from '../../runtime/work/work';

/** The series of one metric of a host. */
interface Parts {
  series: number;
  lastSeen: number;
  values: Map<string, Set<string>>;
}

/** The metrics of a host, in the order of names. */
export async function hostMetrics(series: readonly Series[], work: PausableWork): Promise<HostMetric[]> {
  const byMetric = new Map<Metric, Parts>();
  for (const { metric, labels, lastSeen } of series) {
    if (work.isDue('fleet')) await work.pause();
    let parts = byMetric.get(metric);
    if (!parts) {
      parts = { series: 0, lastSeen: 0, values: new Map() };
      byMetric.set(metric, parts);
    }
    parts.series++;
    parts.lastSeen = Math.max(parts.lastSeen, lastSeen);
    for (const [label, value] of Object.entries(labels)) {
      const known = parts.values.get(label);
      if (known) known.add(value);
      else parts.values.set(label, new Set([value]));
    }
  }
  return [...byMetric]
    .map(([{ name, type, unit }, { series, values, lastSeen }]) => ({
      name,
      type,
      unit,
      series,
      dimensions: dimensions(values),
      lastSeen,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The labels in which the series of one metric of one host differ, those with the fewest values first. */
function dimensions(values: ReadonlyMap<string, ReadonlySet<string>>): HostMetric['dimensions'] {
  return [...values]
    .filter(([, distinct]) => distinct.size > 1)
    .map(([label, distinct]) => ({ label, values: distinct.size }))
    .sort((a, b) => a.values - b.values || (a.label < b.label ? -1 : 1));
}
