import { type InPieces, inPieces } from '../evaluate/pieces';
import { quantileOf } from '../evaluate/quantile';
import type { SampleSeries } from '../evaluate/series';
import { exactMean, exactSum, type Fold, Spread } from '../evaluate/sums';
import type { RangeFunction, WindowFunction } from '../evaluate/windows';
import { folded, slidingSum } from './folds';

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
  sum_over_time: ({ values }) => slidingSum(values, (sum) => sum.total, exactSum),
  avg_over_time: ({ values }) => slidingSum(values, (sum, count) => sum.dividedBy(count), exactMean),
  stdvar_over_time: ({ values }) => folded(values, () => spread((variance) => variance)),
  stddev_over_time: ({ values }) => folded(values, () => spread(Math.sqrt)),
  quantile_over_time:
    ({ values }, [q]) =>
    ({ low, high, k }) =>
      quantileOf(q[k], values.slice(low, high)),
  mad_over_time: ({ values }) =>
    function* ({ low, high }) {
      const own = values.slice(low, high);
      for (const value of own) if (Number.isNaN(value)) return Number.NaN;
      yield;
      const median = yield* quantileOf(0.5, own);
      for (let i = 0; i < own.length; i++) own[i] = Math.abs(own[i] - median);
      yield;
      return yield* quantileOf(0.5, own);
    },
};

function spread(result: (variance: number) => number): Fold {
  const spread = new Spread();
  return { add: (value) => spread.add(value), result: () => result(spread.variance) };
}

/** Says which of two values wins. */
type Wins = (a: number, b: number) => boolean;

function extreme({ values }: SampleSeries, wins: Wins): WindowFunction {
  const positionIn = candidates(values, (a, b) => !wins(b, a));
  return function* (window) {
    const position = yield* positionIn(window);
    return position === undefined ? Number.NaN : values[position];
  };
}

function timeOfExtreme({ timestamps, values }: SampleSeries, wins: Wins): WindowFunction {
  const positionIn = candidates(values, wins);
  return function* (window) {
    return timestamps[(yield* positionIn(window)) ?? window.high - 1] / 1_000;
  };
}

/**
 * The position of the extreme value of windows that only move forward, NaN left out: a queue of those values that may
 * still become it, so that each sample is looked at once, however long windows are.
 */
function candidates(
  values: Float64Array,
  replaces: Wins,
): (window: { low: number; high: number }) => InPieces<number | undefined> {
  const queue: number[] = [];
  let head = 0;
  let next = 0;
  const take = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      if (Number.isNaN(values[i])) continue;
      while (queue.length > head && replaces(values[i], values[queue[queue.length - 1]])) queue.pop();
      queue.push(i);
    }
  };
  return function* ({ low, high }) {
    yield* inPieces(Math.max(next, low), high, take);
    next = high;
    while (head < queue.length && queue[head] < low) head++;
    return queue[head];
  };
}
