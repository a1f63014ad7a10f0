import type { Labels } from '../model';
import type { LabelFacet } from './answers';

const VALUES_LISTED = 200;

/**
 * What a fleet can be filtered by: labels with at least two values that are shared by hosts. A label with a value of
 * its own for every host (an instance id) would be a second list of hosts, not a filter.
 */
export function labelFacets(labelsOfHosts: readonly Labels[]): LabelFacet[] {
  const uses = new Map<string, Map<string, number>>();
  for (const labels of labelsOfHosts) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'host') continue;
      let values = uses.get(label);
      if (!values) {
        values = new Map();
        uses.set(label, values);
      }
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return [...uses]
    .filter(([, values]) => values.size <= VALUES_LISTED && carriers(values) > values.size)
    .map(([label, values]) => ({
      label,
      values: [...values]
        .map(([value, hosts]) => ({ value, hosts }))
        .sort((a, b) => b.hosts - a.hosts || (a.value < b.value ? -1 : 1)),
    }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function carriers(values: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const hosts of values.values()) total += hosts;
  return total;
}
