import { labelsKey } from './labels';
import type { GroupPoints } from './points';
import type { Ranking } from './question';

/**
 * A group's place is decided by its value, of those that are equal but for rounding by `labelsKey` of its labels. Null,
 * which cannot be told, comes last.
 */
export interface Rank {
  value: number | null;
  text: string;
}

/**
 * The first groups by latest value: what `top` and `bottom` mean, on the server and in whoever folds a live stream.
 * Of those that are equal but for rounding the first in label order wins. Groups without points have no rank.
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
      text: labelsKey(group.labels),
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
  return ranked
    .map((group) => ({ group, text: group.text, place: group.value === null ? worst : placeOf(group.value) }))
    .sort((a, b) => (a.place === b.place ? compareText(a, b) : a.place > b.place ? -sign : sign))
    .slice(0, count)
    .map(({ group }) => group);
}

function compareText(a: Pick<Rank, 'text'>, b: Pick<Rank, 'text'>): number {
  return a.text < b.text ? -1 : Number(a.text > b.text);
}

const RANKED_DIGITS = 12;

/**
 * A value as it is ranked: without its last digits, which depend on the order in which samples were added up. Memory and
 * each database have their own, and equal groups would stand in any order. Whole numbers add up exactly.
 */
export function placeOf(value: number): number {
  if (Number.isInteger(value)) return value;
  const scale = 10 ** (RANKED_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  const digits = Math.round(value * scale);
  return Number.isSafeInteger(digits) ? digits / scale : value;
}
