import { breathe, type Context } from './context';
import type { VectorSeries } from './series';
import { exactMean, exactSum, type Fold } from './sums';

/** Writes the aggregate of series at each step at which any has a value. */
type GroupAggregate = (
  result: VectorSeries,
  series: readonly VectorSeries[],
  context: Context,
) => Promise<void>;

export const GROUP_AGGREGATES: Readonly<Record<string, GroupAggregate>> = {
  group: (result, series, context) => eachValue(series, context, (k) => set(result, k, 1)),
  count: (result, series, context) => eachValue(series, context, (k) => set(result, k, result.values[k] + 1)),
  min: (result, series, context) => extreme(result, series, context, (a, b) => a < b),
  max: (result, series, context) => extreme(result, series, context, (a, b) => a > b),
  sum: (result, series, context) => eachStep(result, series, context, exactSum),
  avg: (result, series, context) => eachStep(result, series, context, exactMean),
  stdvar: (result, series, context) => variance(result, series, context, (value) => value),
  stddev: (result, series, context) => variance(result, series, context, Math.sqrt),
};

async function eachValue(
  series: readonly VectorSeries[],
  context: Context,
  visit: (k: number, value: number) => void,
): Promise<void> {
  for (const { values, has } of series) {
    await breathe(context);
    for (let k = 0; k < has.length; k++) if (has[k]) visit(k, values[k]);
  }
}

function set(result: VectorSeries, k: number, value: number): void {
  result.values[k] = value;
  result.has[k] = 1;
}

/** NaN only where there is nothing else. */
function extreme(
  result: VectorSeries,
  series: readonly VectorSeries[],
  context: Context,
  wins: (a: number, b: number) => boolean,
): Promise<void> {
  return eachValue(series, context, (k, value) => {
    if (!result.has[k] || wins(value, result.values[k]) || Number.isNaN(result.values[k]))
      set(result, k, value);
  });
}

async function eachStep(
  result: VectorSeries,
  series: readonly VectorSeries[],
  context: Context,
  begin: () => Fold,
): Promise<void> {
  const folds: Fold[] = [];
  await eachValue(series, context, (k, value) => {
    folds[k] ??= begin();
    folds[k].add(value);
  });
  folds.forEach((fold, k) => {
    set(result, k, fold.result());
  });
}

/**
 * By Welford's method; of one value that is not finite there is none. Without what `Spread` keeps of rounding, as
 * Prometheus computes it over series: the last digits are its.
 */
function variance(
  result: VectorSeries,
  series: readonly VectorSeries[],
  context: Context,
  finish: (variance: number) => number,
): Promise<void> {
  return eachStep(result, series, context, () => {
    let count = 0;
    let mean = 0;
    let squares = 0;
    return {
      add(value) {
        count++;
        const delta = value - mean;
        if (count === 1) {
          mean = value;
          squares = Number.isFinite(value) ? 0 : Number.NaN;
          return;
        }
        mean += delta / count;
        squares += delta * (value - mean);
      },
      result: () => finish(squares / count),
    };
  });
}
