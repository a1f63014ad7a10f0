import type { GroupPoints, Labels, Ranking } from '../model';

/** A group's place is decided by its value, of equal ones by `labelText` of its labels. Null, which cannot be told, comes last. */
export interface Rank {
  value: number | null;
  text: string;
}

/**
 * The first groups by latest value: what `top` and `bottom` mean, on the server and in whoever folds a live stream.
 * Of equal ones the first in label order wins. Groups without points have no rank.
 */
export function topGroups<Group extends GroupPoints>(
  groups: readonly Group[],
  ranking: Pick<Ranking, 'count' | 'order'>,
): Group[] {
  const ranked = groups
    .filter(({ points }) => points.length > 0)
    .map((group) => ({
      group,
      value: group.points[group.points.length - 1][1],
      text: labelText(group.labels),
    }));
  return firstRanked(ranked, ranking).map(({ group }) => group);
}

/** The first `count` of what is ranked, in order. */
export function firstRanked<Ranked extends Rank>(
  ranked: Ranked[],
  { count, order }: Pick<Ranking, 'count' | 'order'>,
): Ranked[] {
  const sign = order === 'highest' ? 1 : -1;
  const worst = sign * Number.NEGATIVE_INFINITY;
  const compare = (a: Rank, b: Rank) => {
    const [left, right] = [a.value ?? worst, b.value ?? worst];
    return left === right ? compareText(a, b) : left > right ? -sign : sign;
  };
  return ranked.sort(compare).slice(0, count);
}

function compareText(a: Rank, b: Rank): number {
  return a.text < b.text ? -1 : Number(a.text > b.text);
}

/** One text per set of labels, whatever their order. */
export function labelText(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}\0${labels[name]}`)
    .join('\0');
}
