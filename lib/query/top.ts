import type { GroupPoints, Labels, Point } from '../model';

/**
 * The `count` groups with the highest latest value, highest first: what `top` means, on the server and in whoever
 * folds a live stream. Latest is the newest point's first value; of equal ones the first in label order wins.
 * Groups without points have no rank.
 */
export function topGroups<Group extends GroupPoints>(groups: readonly Group[], count: number): Group[] {
  return groups
    .filter(({ points }) => points.length > 0)
    .map((group) => ({
      group,
      latest: latestOf(group.points[group.points.length - 1]),
      text: labelText(group.labels),
    }))
    .sort((a, b) => compareRank(a, b))
    .slice(0, count)
    .map(({ group }) => group);
}

/** What a group is ranked by; a value that cannot be told is lower than any. */
export function latestOf(newest: Point): number {
  return newest[1] ?? Number.NEGATIVE_INFINITY;
}

export interface Rank {
  latest: number;
  /** `labelText` of the group. */
  text: string;
}

export function compareRank(a: Rank, b: Rank): number {
  if (a.latest !== b.latest) return b.latest - a.latest;
  return a.text < b.text ? -1 : Number(a.text > b.text);
}

/** One text per set of labels, whatever their order. */
export function labelText(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}\0${labels[name]}`)
    .join('\0');
}
