import { labelsKey } from './labels';
import type { GroupPoints } from './points';
import type { Ranking } from './question';

/**
 * Groups are ordered by value, and groups whose values are equal except for rounding by `labelsKey`. Null comes last.
 */
export interface Rank {
  value: number | null;
  text: string;
}

/**
 * The first groups by latest value: the meaning of `top` and `bottom`, on the server and in clients of the live stream.
 * Groups without points have no rank.
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

/** The first `count`, in order. */
export function firstRanked<Ranked extends Rank>(
  ranked: Ranked[],
  { count, order }: Pick<Ranking, 'count' | 'order'>,
): Ranked[] {
  const sign = order === 'highest' ? 1 : -1;
  const worst = sign * Number.NEGATIVE_INFINITY;
  return ranked
    .map((group) => ({
      group,
      text: group.text,
      place: group.value === null ? worst : rankValue(group.value),
    }))
    .sort((a, b) => (a.place === b.place ? compareText(a, b) : a.place > b.place ? -sign : sign))
    .slice(0, count)
    .map(({ group }) => group);
}

function compareText(a: Pick<Rank, 'text'>, b: Pick<Rank, 'text'>): number {
  return a.text < b.text ? -1 : Number(a.text > b.text);
}

const RANKED_DIGITS = 12;

/**
 * A value without its last digits, which depend on the order in which samples were added up: memory and the databases
 * differ there, and equal groups would change places. Whole numbers add up exactly.
 */
export function rankValue(value: number): number {
  if (Number.isInteger(value)) return value;
  const scale = 10 ** (RANKED_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  const digits = Math.round(value * scale);
  return Number.isSafeInteger(digits) ? digits / scale : value;
}
