import type { SampleRows } from '../store';

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
  metricIds: readonly number[],
): OrderedRows {
  const byMetric = new Map<number, number[]>();
  for (let i = 0; i < metricIds.length; i++) {
    const positions = byMetric.get(metricIds[i]);
    if (positions) positions.push(i);
    else byMetric.set(metricIds[i], [i]);
  }
  const order: number[] = [];
  const follows = (a: number, b: number) => seriesIds[a] - seriesIds[b] || timestamps[a] - timestamps[b];
  for (const metricId of [...byMetric.keys()].sort((a, b) => a - b)) {
    const positions = byMetric.get(metricId) as number[];
    if (positions.some((position, i) => i > 0 && follows(positions[i - 1], position) > 0))
      positions.sort(follows);
    for (const position of positions) order.push(position);
  }
  return {
    order,
    metricIds: order.map((position) => metricIds[position]),
    rows: {
      seriesIds: order.map((position) => seriesIds[position]),
      timestamps: order.map((position) => timestamps[position]),
      values: order.map((position) => values[position]),
    },
  };
}
