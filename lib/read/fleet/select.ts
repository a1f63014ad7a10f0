import { selectMatching } from '../../memory/catalogue/matchers';
import type { HostsQuery, SortKey } from '../../model/fleet/hosts-query';
import type { MatchingWork } from '../../runtime/work/work';
import type { Host } from './host';

/** The hosts that match a search and label filters, of any status: the tabs of the page count them by status. */
export async function selectHosts(
  hosts: readonly Host[],
  { search, matchers }: Pick<HostsQuery, 'search' | 'matchers'>,
  work: MatchingWork,
): Promise<Host[]> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const selected: Host[] = [];
  for await (const some of selectMatching(hosts, matchers, work)) {
    for (const host of some) if (words.every((word) => host.searchText.includes(word))) selected.push(host);
  }
  return selected;
}

/**
 * Compares hosts by `sort`; for a headline by its figures, which `values` has by the rank of the names. A host without
 * a figure comes last in either direction; equal hosts are in the order of their names: a list does not flicker.
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
