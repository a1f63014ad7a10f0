import { type Labels, labelsKey } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';
import type { Aggregation } from '../syntax/ast';
import { breathe, type Context } from './context';
import { onlyLabels, type VectorSeries, withoutLabels } from './series';

/** Series that are aggregated into one. */
export interface Group {
  labels: Labels;
  series: VectorSeries[];
}

export async function groupSeries(
  { labels, isWithout }: Aggregation,
  vector: readonly VectorSeries[],
  context: Context,
): Promise<Group[]> {
  const dropped = new Set([NAME_LABEL, ...labels]);
  const named = new Set(labels);
  const groups = new Map<string, Group>();
  for (const series of vector) {
    await breathe(context);
    const own = isWithout ? withoutLabels(series.labels, dropped) : onlyLabels(series.labels, named);
    const key = labelsKey(own);
    const group = groups.get(key);
    if (group) group.series.push(series);
    else groups.set(key, { labels: own, series: [series] });
  }
  return [...groups.values()];
}
