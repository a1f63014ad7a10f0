import { compileMatchers } from '../query/matchers';
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
 * Hosts in the order of `sort`, a headline being in `sortValue` already. One without a figure comes last whichever
 * way the order runs; equal ones stand in the natural order of their names, so that a list does not flicker.
 */
export function compareHosts(sort: SortKey, descending: boolean): (a: Host, b: Host) => number {
  const sign = descending ? -1 : 1;
  if (sort === 'name') return (a, b) => sign * (a.nameRank - b.nameRank);
  if (sort === 'seen') return (a, b) => sign * (a.heardAt - b.heardAt) || a.nameRank - b.nameRank;
  return (a, b) => {
    const aMissing = Number.isNaN(a.sortValue);
    const bMissing = Number.isNaN(b.sortValue);
    if (aMissing || bMissing) return Number(aMissing) - Number(bMissing) || a.nameRank - b.nameRank;
    return sign * (a.sortValue - b.sortValue) || a.nameRank - b.nameRank;
  };
}

/** The first `count` in the given order, without sorting the rest. */
export function firstFew(
  hosts: readonly Host[],
  count: number,
  compare: (a: Host, b: Host) => number,
): Host[] {
  const first: Host[] = [];
  for (const host of hosts) {
    if (first.length === count && compare(host, first[count - 1]) >= 0) continue;
    const at = first.findIndex((other) => compare(host, other) < 0);
    first.splice(at < 0 ? first.length : at, 0, host);
    if (first.length > count) first.pop();
  }
  return first;
}
