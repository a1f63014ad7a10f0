import { quantileOf } from '../evaluate/quantile';
import type { SampleSeries } from '../evaluate/series';
import { ExactMean, ExactSum, Spread } from '../evaluate/sums';
import type { RangeFunction, WindowFunction } from '../evaluate/windows';

/** Aggregations of a window's samples. */
export const OVER_TIME: Readonly<Record<string, RangeFunction>> = {
  count_over_time: () => (window) => window.high - window.low,
  present_over_time: () => () => 1,
  // It is turned round when all series are known.
  absent_over_time: () => () => 1,
  first_over_time:
    ({ values }) =>
    ({ low }) =>
      values[low],
  last_over_time:
    ({ values }) =>
    ({ high }) =>
      values[high - 1],
  ts_of_first_over_time:
    ({ timestamps }) =>
    ({ low }) =>
      timestamps[low] / 1_000,
  ts_of_last_over_time:
    ({ timestamps }) =>
    ({ high }) =>
      timestamps[high - 1] / 1_000,
  min_over_time: (samples) => extreme(samples, (a, b) => a < b),
  max_over_time: (samples) => extreme(samples, (a, b) => a > b),
  ts_of_min_over_time: (samples) => timeOfExtreme(samples, (a, b) => a <= b),
  ts_of_max_over_time: (samples) => timeOfExtreme(samples, (a, b) => a >= b),
  sum_over_time: ({ values }) =>
    folded(values, () => {
      const sum = new ExactSum();
      return { add: (value) => sum.add(value), result: () => sum.total };
    }),
  avg_over_time: ({ values }) =>
    folded(values, () => {
      const mean = new ExactMean();
      return { add: (value) => mean.add(value), result: () => mean.mean };
    }),
  stdvar_over_time: ({ values }) => spread(values, (variance) => variance),
  stddev_over_time: ({ values }) => spread(values, Math.sqrt),
  quantile_over_time:
    ({ values }, [q]) =>
    ({ low, high, k }) =>
      quantileOf(q[k], values.slice(low, high)),
  mad_over_time:
    ({ values }) =>
    ({ low, high }) => {
      const own = values.slice(low, high);
      if (own.some(Number.isNaN)) return Number.NaN;
      const median = quantileOf(0.5, own);
      return quantileOf(
        0.5,
        own.map((value) => Math.abs(value - median)),
      );
    },
};

interface Fold {
  add(value: number): void;
  result(): number;
}

/** Goes through the samples of a window, unless it has the same as the one before. */
function folded(values: Float64Array, begin: () => Fold): WindowFunction {
  let last = { low: -1, high: -1, value: 0 };
  return ({ low, high }) => {
    if (low !== last.low || high !== last.high) {
      const fold = begin();
      for (let i = low; i < high; i++) fold.add(values[i]);
      last = { low, high, value: fold.result() };
    }
    return last.value;
  };
}

function spread(values: Float64Array, result: (variance: number) => number): WindowFunction {
  return folded(values, () => {
    const spread = new Spread();
    return { add: (value) => spread.add(value), result: () => result(spread.variance) };
  });
}

/** Says which of two values wins. */
type Wins = (a: number, b: number) => boolean;

function extreme({ values }: SampleSeries, wins: Wins): WindowFunction {
  const positionIn = candidates(values, (a, b) => !wins(b, a));
  return (window) => {
    const position = positionIn(window);
    return position === undefined ? Number.NaN : values[position];
  };
}

function timeOfExtreme({ timestamps, values }: SampleSeries, wins: Wins): WindowFunction {
  const positionIn = candidates(values, wins);
  return (window) => timestamps[positionIn(window) ?? window.high - 1] / 1_000;
}

/**
 * The position of the extreme value of windows that only move forward, NaN left out: a queue of those values that may
 * still become it, so that each sample is looked at once, however long windows are.
 */
function candidates(
  values: Float64Array,
  replaces: Wins,
): (window: { low: number; high: number }) => number | undefined {
  const queue: number[] = [];
  let head = 0;
  let next = 0;
  return ({ low, high }) => {
    for (next = Math.max(next, low); next < high; next++) {
      if (Number.isNaN(values[next])) continue;
      while (queue.length > head && replaces(values[next], values[queue[queue.length - 1]])) queue.pop();
      queue.push(next);
    }
    while (head < queue.length && queue[head] < low) head++;
    return queue[head];
  };
}
