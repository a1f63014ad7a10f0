import { compileMatchers } from '../query/matchers';
import { HEADLINES } from './headlines';
import type { Host } from './host';
import type { HostsQuery, SortKey } from './hosts-query';

/** The hosts that a search and label filters leave, in a new array. Status is another question: its tabs count these. */
export function selectHosts(
  hosts: readonly Host[],
  { search, matchers }: Pick<HostsQuery, 'search' | 'matchers'>,
): Host[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = matchers.length > 0 ? compileMatchers(matchers) : null;
  return hosts.filter(
    ({ searchText, labels }) =>
      words.every((word) => searchText.includes(word)) && (!matches || matches(labels)),
  );
}

/**
 * Hosts in the order of `sort`. One without a figure comes last whichever way the order runs, and so does one
 * whose figure is history; equal ones stand in the natural order of their names, so that a list does not flicker.
 */
export function compareHosts(sort: SortKey, descending: boolean): (a: Host, b: Host) => number {
  const sign = descending ? -1 : 1;
  if (sort === 'name') return (a, b) => sign * (a.nameRank - b.nameRank);
  if (sort === 'seen') return (a, b) => sign * (a.heardAt - b.heardAt) || a.nameRank - b.nameRank;
  const at = HEADLINES.findIndex(({ key }) => key === sort);
  return (a, b) => {
    const aMissing = Number.isNaN(a.values[at]);
    const bMissing = Number.isNaN(b.values[at]);
    if (aMissing || bMissing) return Number(aMissing) - Number(bMissing) || a.nameRank - b.nameRank;
    return sign * (a.values[at] - b.values[at]) || a.nameRank - b.nameRank;
  };
}
