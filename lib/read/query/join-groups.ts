import type { SeriesGroup } from '../../memory/catalogue/groups';
import type { Labels } from '../../model/labels';
import type { Note } from '../../model/wire/history';
import type { JoinedGroup } from './grouped-question';

/** Groups that a note names. */
const GROUPS_NAMED = 5;

/** The groups that every operand has, in the order of the first; and a note about those that only the first has. */
export function joinGroups([first, ...others]: readonly SeriesGroup[][]): {
  groups: JoinedGroup[];
  notes: Note[];
} {
  const byKey = others.map((groups) => new Map(groups.map((group) => [group.key, group.series])));
  const groups: JoinedGroup[] = [];
  const unmatched: Labels[] = [];
  for (const { key, labels, series } of first) {
    const theirs = byKey.flatMap((found) => {
      const same = found.get(key);
      return same ? [same] : [];
    });
    if (theirs.length === others.length) groups.push({ key, labels, seriesByOperand: [series, ...theirs] });
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
