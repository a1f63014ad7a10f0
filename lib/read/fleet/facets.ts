import type { LabelFacet } from '../../model/fleet/answers';
import type { Labels } from '../../model/labels';
import type { PausableWork } from '../../runtime/work/work';

const VALUES_LISTED = 200;

/**
 * The labels that hosts can be filtered by: those with values that several hosts share. A label with another value for
 * every host (an instance id) is left out.
 */
export async function labelFacets(
  hosts: readonly { readonly labels: Labels }[],
  work: PausableWork,
): Promise<LabelFacet[]> {
  /** Hosts by value; null for a label with more values than are listed. */
  const uses = new Map<string, Map<string, number> | null>();
  for (const { labels } of hosts) {
    if (work.isDue('fleet')) await work.pause();
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'host') continue;
      const values = uses.get(label);
      if (values === null) continue;
      if (values === undefined) uses.set(label, new Map([[value, 1]]));
      else values.set(value, (values.get(value) ?? 0) + 1);
      if (values && values.size > VALUES_LISTED) uses.set(label, null);
    }
  }
  return [...uses]
    .flatMap(([label, values]) => (values && carriers(values) > values.size ? facet(label, values) : []))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function facet(label: string, values: ReadonlyMap<string, number>): LabelFacet {
  return {
    label,
    values: [...values]
      .map(([value, hosts]) => ({ value, hosts }))
      .sort((a, b) => b.hosts - a.hosts || (a.value < b.value ? -1 : 1)),
  };
}

function carriers(values: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const hosts of values.values()) total += hosts;
  return total;
}
