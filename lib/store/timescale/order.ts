import type { SampleRows } from '../../model/samples';

export interface OrderedRows {
  rows: SampleRows;
  metricIds: number[];
  /** Where each row stood: `rows` at `i` is the given row `order[i]`. */
  order: number[];
}

/**
 * Puts rows in the order of the columnstore: (metric, series, time). What is in order within each metric already,
 * as the commit queue hands rows over, is only dealt out to its metric.
 */
export function orderByMetric(
  { seriesIds, timestamps, values }: SampleRows,
  metricIds: ArrayLike<number>,
): OrderedRows {
  const byMetric = new Map<number, number[]>();
  for (let i = 0; i < metricIds.length; i++) {
    const positions = byMetric.get(metricIds[i]);
    if (positions) positions.push(i);
    else byMetric.set(metricIds[i], [i]);
  }
  const ordered: OrderedRows = {
    rows: { seriesIds: [], timestamps: [], values: [] },
    metricIds: [],
    order: [],
  };
  for (const metricId of [...byMetric.keys()].sort((a, b) => a - b)) {
    for (const i of inOrder(byMetric.get(metricId) as number[], seriesIds, timestamps)) {
      ordered.order.push(i);
      ordered.metricIds.push(metricId);
      ordered.rows.seriesIds.push(seriesIds[i]);
      ordered.rows.timestamps.push(timestamps[i]);
      ordered.rows.values.push(values[i]);
    }
  }
  return ordered;
}

function inOrder(positions: number[], seriesIds: readonly number[], timestamps: readonly number[]): number[] {
  const follows = (a: number, b: number) => seriesIds[a] - seriesIds[b] || timestamps[a] - timestamps[b];
  for (let i = 1; i < positions.length; i++) {
    if (follows(positions[i - 1], positions[i]) > 0) return positions.sort(follows);
  }
  return positions;
}
