import type { Aggregate } from '../../model/aggregates';
import type { Point } from '../../model/points';
import type { Work } from '../../runtime/work/work';
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
export interface Evaluation extends SlotRange {
  aggregates: readonly Aggregate[];
}

/** Of each list of aggregates one is kept: a live query evaluates again and again. */
const evaluators = new WeakMap<readonly Aggregate[], Evaluator>();

/**
 * Points of one group of series, ascending. A value that cannot be told is null, a point that tells nothing is left out.
 * Buffers must cover the range.
 */
export function evaluate(buffers: readonly SampleBuffer[], evaluation: Evaluation): Point[] {
  const evaluator = evaluatorOf(evaluation.aggregates);
  for (const steps = evaluator.evaluate(buffers, evaluation); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same as a part of larger work, which it lets go on in between; samples that come or go meanwhile are in the points
 * or not.
 *
 * @throws Refusal as `Work` does.
 */
export async function evaluateAside(
  buffers: readonly SampleBuffer[],
  evaluation: Evaluation,
  work: Work,
): Promise<Point[]> {
  const evaluator = evaluatorOf(evaluation.aggregates);
  evaluator.isBusy = true;
  try {
    for (const steps = evaluator.evaluate(buffers, evaluation); ; ) {
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
