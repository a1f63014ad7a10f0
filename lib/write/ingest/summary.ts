import { addTotal, type Observations } from './delta';
import type { IncomingSample } from './sample';

/** Quantiles of what was seen, and how much that was. */
export interface Summary extends Observations {
  sum: number;
  quantiles: ReadonlyArray<readonly [quantile: number, value: number]>;
}

/** As Prometheus stores it: `_count`, `_sum`, and the name itself with the label `quantile`. */
export function summarySamples(summary: Summary, samples: IncomingSample[]): void {
  const { index, name, labels, timestamp, count, sum, quantiles } = summary;
  addTotal(summary, '_count', count, samples);
  if (Number.isFinite(sum)) addTotal(summary, '_sum', sum, samples);
  for (const [quantile, value] of quantiles)
    if (Number.isFinite(value)) {
      const own = { ...labels, quantile: String(quantile) };
      samples.push({ index, name, value, timestamp, labels: own, type: 'gauge' });
    }
}
