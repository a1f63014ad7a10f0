import type { SeriesGroup } from '../../memory/catalogue/groups';
import type { Labels } from '../../model/labels';
import type { Note } from '../../model/wire/history';
import type { SidedGroup } from './points';

/** Groups that a note names. */
const GROUPS_NAMED = 5;

/** The groups that every side has, in the order of the first; and what to say of those that only the first has. */
export function joinSides([first, ...others]: readonly SeriesGroup[][]): {
  groups: SidedGroup[];
  notes: Note[];
} {
  const byKey = others.map((groups) => new Map(groups.map((group) => [group.key, group.series])));
  const groups: SidedGroup[] = [];
  const unmatched: Labels[] = [];
  for (const { key, labels, series } of first) {
    const theirs = byKey.flatMap((found) => {
      const same = found.get(key);
      return same ? [same] : [];
    });
    if (theirs.length === others.length) groups.push({ key, labels, sides: [series, ...theirs] });
    else unmatched.push(labels);
  }
  return { groups, notes: unmatched.length > 0 ? [noteUnmatched(unmatched)] : [] };
}

function noteUnmatched(unmatched: readonly Labels[]): Note {
  const named = unmatched.slice(0, GROUPS_NAMED).map((labels) => JSON.stringify(labels));
  const more = unmatched.length > named.length ? ', …' : '';
  return {
    code: 'unmatched_groups',
    message: `b has no group for ${unmatched.length} of a, which are left out: ${named.join(', ')}${more}.`,
  };
}
