import { labelsKey } from '../../../model/labels';
import { formatPlain } from '../format-number';
import { breathe, type Context } from './context';
import type { Group } from './groups';
import { emptySeries, type Grid, type VectorSeries, withLabel } from './series';

/** How many series of each group have each value, which becomes a label. */
export async function countValues(
  groups: readonly Group[],
  label: string,
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const counted: VectorSeries[] = [];
  for (const { labels, series } of groups) {
    const byValue = new Map<string, VectorSeries>();
    for (const { values, has } of series) {
      await breathe(context);
      for (let k = 0; k < grid.count; k++) {
        if (!has[k]) continue;
        const value = formatPlain(values[k]);
        let count = byValue.get(value);
        if (!count) {
          context.reserve(grid.count);
          count = emptySeries(withLabel(labels, label, value), grid.count);
          byValue.set(value, count);
        }
        count.values[k]++;
        count.has[k] = 1;
      }
    }
    for (const count of byValue.values()) counted.push(count);
  }
  return addSame(counted, grid, context);
}

/** Where the label is one of those grouped by, groups become the same: their counts are added up. */
async function addSame(
  series: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const byKey = new Map<string, VectorSeries>();
  for (const each of series) {
    await breathe(context);
    const key = labelsKey(each.labels);
    const known = byKey.get(key);
    if (!known) {
      byKey.set(key, each);
      continue;
    }
    for (let k = 0; k < grid.count; k++) {
      if (!each.has[k]) continue;
      known.values[k] += each.values[k];
      known.has[k] = 1;
    }
  }
  return [...byKey.values()];
}
