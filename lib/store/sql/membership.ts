import type { Fragment, ISql } from 'postgres';
import { arrayText } from '../arrays';
import type { StoreQuestion } from '../store';

/** Elements for each series, at most, in an array of groups. */
const MOST_EMPTY = 50;

/**
 * The number of a part's group, negative or null for none. One group needs no lookup. Several are looked up by series
 * in an array: over 1,000 series, 24 h by the minute, 500 ms where a join takes 1,600 ms. The join is for series whose
 * ids lie so far apart that the array would be mostly empty.
 */
export function membership(sql: ISql, groups: StoreQuestion['groups']): { number: Fragment; join: Fragment } {
  if (groups.length === 1) return { number: sql`0`, join: sql`` };
  const ids = groups.flat();
  const lowest = ids.reduce((low, id) => Math.min(low, id));
  const highest = ids.reduce((high, id) => Math.max(high, id));
  if (highest - lowest > MOST_EMPTY * ids.length) {
    const numbers = groups.flatMap((group, number) => group.map(() => number));
    return {
      number: sql`members.grp`,
      join: sql`join unnest(${arrayText(ids)}::int4[], ${arrayText(numbers)}::int4[]) as members(series_id, grp) using (series_id)`,
    };
  }
  // An element that is null would make a lookup read all elements before it.
  const numbers = new Array<number>(highest - lowest + 1).fill(-1);
  for (const [number, group] of groups.entries()) for (const id of group) numbers[id - lowest] = number;
  return {
    number: sql`(${arrayText(numbers)}::int4[])[series_id - ${lowest}::int4 + 1]`,
    join: sql``,
  };
}
