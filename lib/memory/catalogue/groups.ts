import type { Labels, Matcher } from '../../model/labels';
import type { Series } from '../../model/series';
import { sortInPieces } from '../../runtime/work/sort';
import type { MatchingWork } from '../../runtime/work/work';
import { selectMatching } from './matchers';

/** The series of one line of an answer: those with the same values of the labels grouped by. */
export interface SeriesGroup {
  /** Identifies the group within its question. */
  readonly key: string;
  readonly labels: Labels;
  readonly series: Series[];
}

/** The labels of a series' group. A label that the series lacks is left out, as in Prometheus. */
export function groupLabels(labels: Labels, by: readonly string[]): Labels {
  return Object.fromEntries(by.filter((name) => hasLabel(labels, name)).map((name) => [name, labels[name]]));
}

export function groupKey(labels: Labels, by: readonly string[]): string {
  // NUL is not allowed in a value, and an empty value is the same as none.
  return by.map((name) => (hasLabel(labels, name) ? labels[name] : '')).join('\0');
}

/** Which series are selected, and how they are grouped. */
export interface Grouping {
  matchers: readonly Matcher[];
  by: readonly string[];
  /** Called with the number of groups as it grows; throws when there are too many. */
  limit(count: number): void;
}

/**
 * The groups of those series that match, in the order of their keys.
 * @throws what `limit` throws, as soon as there are too many, and what `selectMatching` throws.
 */
export async function groupSeries(
  series: Iterable<Series>,
  { matchers, by, limit }: Grouping,
  work: MatchingWork,
): Promise<SeriesGroup[]> {
  const groups = new Map<string, SeriesGroup>();
  for await (const found of selectMatching(series, matchers, work)) {
    for (const each of found) {
      const key = groupKey(each.labels, by);
      const group = groups.get(key);
      if (group) group.series.push(each);
      else groups.set(key, { key, labels: groupLabels(each.labels, by), series: [each] });
    }
    limit(groups.size);
  }
  return sortInPieces([...groups.values()], byKey, work, 'group');
}

export function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : Number(a.key > b.key);
}

function hasLabel(labels: Labels, name: string): boolean {
  return Object.hasOwn(labels, name) && labels[name] !== '';
}
