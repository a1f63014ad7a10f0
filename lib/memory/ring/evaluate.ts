import type { Aggregate } from '../../model/aggregates';
import type { Point, PointRange, TimeRange } from '../../model/points';
import type { PausableWork } from '../../runtime/work/work';
import { Evaluator } from './evaluator';
import type { SlotRange } from './runs';
import type { SampleBuffer } from './sample-buffer';

/**
 * The one evaluation behind history's memory tier and the live tick: samples → points. A point covers `[t, t + step)`
 * and pools all samples of all series of a group, or in two stages the values of its series (see `Aggregate`):
 * - `avg` is Σ/n; `last` the newest sample's value, `first` the oldest's, of samples of one instant the highest;
 * - `increase` sums, series by series, each sample's growth over the sample before it in its series, wherever that
 *   lies; a fall is a counter's restart and counts as growth from 0; after more than `COUNTER_GAP_MS` nothing counts;
 * - `rate` is the sum over series of growth / seconds, those of the same pairs;
 * - `delta` is as `increase`, but knows no restarts;
 * - percentiles interpolate linearly between closest ranks, as PostgreSQL's `percentile_cont` does;
 * - `stddev` is the population standard deviation.
 */
export interface Evaluation extends PointRange {
  aggregates: readonly Aggregate[];
}

/** One evaluator is kept for each list of aggregates: a live query evaluates again and again. */
const evaluators = new WeakMap<readonly Aggregate[], Evaluator>();

/**
 * The points of one group of series, ascending. A value that cannot be computed is null; a point without any value is
 * left out. Buffers must cover the range.
 */
export function evaluate(buffers: readonly SampleBuffer[], evaluation: Evaluation): Point[] {
  const evaluator = evaluatorOf(evaluation.aggregates);
  const evaluateRange = (range: SlotRange) => runToEnd(evaluator.evaluate(buffers, range));
  const { starts } = evaluation;
  return starts ? rangesOf(evaluation, starts).flatMap(evaluateRange) : evaluateRange(evaluation);
}

/**
 * The same in slices, between which other requests are served. A sample that arrives or is evicted meanwhile may be in
 * the points or not.
 *
 * @throws Refusal as `Work` does.
 */
export async function evaluateInSlices(
  buffers: readonly SampleBuffer[],
  evaluation: Evaluation,
  work: PausableWork,
): Promise<Point[]> {
  const { aggregates, starts } = evaluation;
  const evaluateRange = (range: SlotRange) => runInSlices(evaluatorOf(aggregates), buffers, range, work);
  if (!starts) return evaluateRange(evaluation);
  const points: Point[][] = [];
  for (const range of rangesOf(evaluation, starts)) points.push(await evaluateRange(range));
  return points.flat();
}

/** Where points differ in width: a range for each of them. */
function rangesOf({ start, end }: TimeRange, starts: readonly number[]): SlotRange[] {
  return starts.flatMap((from, i) => {
    const to = starts[i + 1] ?? end;
    return from >= start && from < to ? [{ start: from, end: to, step: to - from }] : [];
  });
}

function runToEnd(steps: Generator<undefined, Point[]>): Point[] {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

async function runInSlices(
  evaluator: Evaluator,
  buffers: readonly SampleBuffer[],
  range: SlotRange,
  work: PausableWork,
): Promise<Point[]> {
  evaluator.isBusy = true;
  try {
    for (const steps = evaluator.evaluate(buffers, range); ; ) {
      if (work.isDue('evaluate')) await work.pause();
      const { done, value } = steps.next();
      if (done) return value;
    }
  } finally {
    evaluator.isBusy = false;
  }
}

function evaluatorOf(aggregates: readonly Aggregate[]): Evaluator {
  const kept = evaluators.get(aggregates);
  if (kept && !kept.isBusy) return kept;
  const evaluator = new Evaluator(aggregates);
  if (!kept) evaluators.set(aggregates, evaluator);
  return evaluator;
}
