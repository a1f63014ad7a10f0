import { selectMatching } from '../../memory/catalogue/matchers';
import type { HostsQuery, SortKey } from '../../model/fleet/hosts-query';
import type { Work } from '../../runtime/work/work';
import type { Host } from './host';

/** The hosts that a search and label filters leave, in a new array. Status is another question: its tabs count these. */
export async function selectHosts(
  hosts: readonly Host[],
  { search, matchers }: Pick<HostsQuery, 'search' | 'matchers'>,
  work: Work,
): Promise<Host[]> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const selected: Host[] = [];
  for await (const some of selectMatching(hosts, matchers, work)) {
    for (const host of some) if (words.every((word) => host.searchText.includes(word))) selected.push(host);
  }
  return selected;
}

/**
 * Hosts in the order of `sort`; of a headline, by the figure that is in `values` at the rank of their names. One without a figure comes last whichever
 * way the order runs; equal ones stand in the natural order of their names, so that a list does not flicker.
 */
export function compareHosts(
  sort: SortKey,
  descending: boolean,
  values: Float64Array | null = null,
): (a: Host, b: Host) => number {
  const sign = descending ? -1 : 1;
  if (sort === 'name') return (a, b) => sign * (a.nameRank - b.nameRank);
  if (sort === 'seen') return (a, b) => sign * (a.heardAt - b.heardAt) || a.nameRank - b.nameRank;
  return (a, b) => {
    const aValue = values?.[a.nameRank] ?? Number.NaN;
    const bValue = values?.[b.nameRank] ?? Number.NaN;
    const aMissing = Number.isNaN(aValue);
    const bMissing = Number.isNaN(bValue);
    if (aMissing || bMissing) return Number(aMissing) - Number(bMissing) || a.nameRank - b.nameRank;
    return sign * (aValue - bValue) || a.nameRank - b.nameRank;
  };
}
