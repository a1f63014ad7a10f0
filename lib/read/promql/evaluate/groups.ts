import { type Labels, labelsKey } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';
import type { Aggregation } from '../syntax/ast';
import { onlyLabels, type VectorSeries, withoutLabels } from './series';

/** Series that are aggregated into one. */
export interface Group {
  labels: Labels;
  series: VectorSeries[];
}

export function groupSeries({ labels, isWithout }: Aggregation, vector: readonly VectorSeries[]): Group[] {
  const dropped = new Set([NAME_LABEL, ...labels]);
  const named = new Set(labels);
  const groups = new Map<string, Group>();
  for (const series of vector) {
    const own = isWithout ? withoutLabels(series.labels, dropped) : onlyLabels(series.labels, named);
    const key = labelsKey(own);
    const group = groups.get(key);
    if (group) group.series.push(series);
    else groups.set(key, { labels: own, series: [series] });
  }
  return [...groups.values()];
}
