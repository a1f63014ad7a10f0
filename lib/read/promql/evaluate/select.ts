import { MINUTE } from '../../../model/time/duration';
import type { RangeSelector, Selector, Subquery, TimeShift } from '../syntax/ast';
import { breathe, type Context, type Evaluator, type Ranges } from './context';
import { finish } from './pieces';
import { emptySeries, type Grid, type SampleSeries, timeOf, type VectorSeries } from './series';
import { staleTest, withoutStale } from './stale';

/** The step of a subquery that names none. */
const DEFAULT_STEP_MS = MINUTE;

/** What is taken of each sample. */
export type Taken = 'value' | 'seconds';

/** The newest sample of each series at each step. */
export async function selectVector(
  { matchers, ...shift }: Selector,
  grid: Grid,
  context: Context,
  taken: Taken = 'value',
): Promise<VectorSeries[]> {
  const endOf = endsOf(shift, grid, context);
  const after = endOf(0) - context.lookbackMs;
  const found = await context.source.select(matchers, after, endOf(grid.count - 1));
  context.reserve(found.length * grid.count);
  const vector: VectorSeries[] = [];
  for (const { labels, timestamps, values } of found) {
    await breathe(context);
    const series = emptySeries(labels, grid.count);
    const isStale = staleTest(values);
    let last = -1;
    let isEmpty = true;
    for (let k = 0; k < grid.count; k++) {
      const end = endOf(k);
      while (last + 1 < timestamps.length && timestamps[last + 1] <= end) last++;
      if (last < 0 || timestamps[last] <= end - context.lookbackMs || isStale(last)) continue;
      series.values[k] = taken === 'value' ? values[last] : timestamps[last] / 1_000;
      series.has[k] = 1;
      isEmpty = false;
    }
    if (!isEmpty) vector.push(series);
  }
  return vector;
}

/** The samples of each series, for windows that end at each step. */
export async function selectRanges(
  { selector: { matchers, ...shift }, rangeMs }: RangeSelector,
  grid: Grid,
  context: Context,
): Promise<Ranges> {
  const endOf = endsOf(shift, grid, context);
  const found = await context.source.select(matchers, endOf(0) - rangeMs, endOf(grid.count - 1));
  const series: SampleSeries[] = [];
  for (const each of found) {
    await breathe(context);
    series.push(await finish(withoutStale(each), context));
  }
  return { series, length: rangeMs, endOf, isFixed: shift.at !== null };
}

/** The values of an expression at steps of its own, for windows that end at each step. */
export async function evaluateSubquery(
  { expr, rangeMs, stepMs, ...shift }: Subquery,
  grid: Grid,
  evaluator: Evaluator,
): Promise<Ranges> {
  const { context } = evaluator;
  const endOf = endsOf(shift, grid, context);
  const step = stepMs ?? DEFAULT_STEP_MS;
  // Steps are multiples of their length, so that they do not move with the range.
  const start = (Math.floor((endOf(0) - rangeMs) / step) + 1) * step;
  const count = Math.floor((endOf(grid.count - 1) - start) / step) + 1;
  const ranges = { length: rangeMs, endOf, isFixed: shift.at !== null };
  if (count <= 0) return { ...ranges, series: [] };
  context.reserve(count);
  const inner: Grid = { start, step, count };
  const vector = await evaluator.vector(expr, inner);
  const series: SampleSeries[] = [];
  for (const each of vector) {
    await breathe(context);
    series.push(samplesOf(each, inner));
  }
  return { ...ranges, series };
}

function samplesOf({ labels, values, has }: VectorSeries, grid: Grid): SampleSeries {
  let count = 0;
  for (let k = 0; k < has.length; k++) count += has[k];
  const samples = { labels, timestamps: new Float64Array(count), values: new Float64Array(count) };
  for (let k = 0, i = 0; k < has.length; k++) {
    if (!has[k]) continue;
    samples.timestamps[i] = timeOf(grid, k);
    samples.values[i++] = values[k];
  }
  return samples;
}

/** The moment that a step is about, `offset` and `@` applied. */
function endsOf({ at, offsetMs }: TimeShift, grid: Grid, { range }: Context): (k: number) => number {
  if (at === null) return (k) => timeOf(grid, k) - offsetMs;
  const fixed = (typeof at === 'number' ? at : range[at]) - offsetMs;
  return () => fixed;
}
