import type { Labels } from '../model';
import type { Series } from './registry';

/** The series that one line of an answer pools: those that agree in the labels grouped by. */
export interface SeriesGroup {
  /** Identifies the group within its question. */
  readonly key: string;
  readonly labels: Labels;
  readonly series: Series[];
}

/** The labels of a series' group. A label the series has not is left out, as Prometheus does. */
export function groupLabels(labels: Labels, by: readonly string[]): Labels {
  return Object.fromEntries(by.filter((name) => hasLabel(labels, name)).map((name) => [name, labels[name]]));
}

export function groupKey(labels: Labels, by: readonly string[]): string {
  // NUL is not allowed in a value, and an empty value is the same as none.
  return by.map((name) => (hasLabel(labels, name) ? labels[name] : '')).join('\0');
}

/** The groups of those series that match, in the order of their keys. */
export function groupSeries(
  series: Iterable<Series>,
  by: readonly string[],
  matches: (labels: Labels, metric: string) => boolean,
): SeriesGroup[] {
  const groups = new Map<string, SeriesGroup>();
  for (const each of series) {
    if (!matches(each.labels, each.metric.name)) continue;
    const key = groupKey(each.labels, by);
    const group = groups.get(key);
    if (group) group.series.push(each);
    else groups.set(key, { key, labels: groupLabels(each.labels, by), series: [each] });
  }
  return [...groups.values()].sort(byKey);
}

export function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : Number(a.key > b.key);
}

function hasLabel(labels: Labels, name: string): boolean {
  return Object.hasOwn(labels, name) && labels[name] !== '';
}
