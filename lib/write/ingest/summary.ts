import type { Labels } from '../../model/labels';
import { zeroBefore } from './delta';
import type { IncomingSample } from './sample';

/** Quantiles of what was seen, and how much that was, whichever protocol sent it. */
export interface Summary {
  index: number;
  name: string;
  labels: Labels;
  timestamp: number;
  /** Of a count since the one before: when it began, epoch ms, 0 where that is unknown. */
  since?: number;
  count: number;
  sum: number;
  quantiles: ReadonlyArray<readonly [quantile: number, value: number]>;
}

/** As Prometheus stores it: `_count`, `_sum`, and the name itself with the label `quantile`. */
export function summarySamples(summary: Summary, samples: IncomingSample[]): void {
  const { index, name, labels, timestamp, since, count, sum, quantiles } = summary;
  const push = (part: string, value: number, at: number) =>
    samples.push({ index, name: part, value, timestamp: at, labels, type: 'counter' });
  const addTotal = (suffix: string, value: number) => {
    if (since !== undefined) push(name + suffix, 0, zeroBefore(since, timestamp));
    push(name + suffix, value, timestamp);
  };
  addTotal('_count', count);
  if (Number.isFinite(sum)) addTotal('_sum', sum);
  for (const [quantile, value] of quantiles)
    if (Number.isFinite(value)) {
      const own = { ...labels, quantile: String(quantile) };
      samples.push({ index, name, value, timestamp, labels: own, type: 'gauge' });
    }
}
