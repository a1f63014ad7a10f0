import { breathe, type Context, type Ranges } from './context';
import { finish, type InPieces, SAMPLES_AT_ONCE } from './pieces';
import { emptySeries, type Grid, type SampleSeries, timeOf, type VectorSeries } from './series';

/** The samples of one step, positions `[low, high)`, never empty; both only ever go up from one step to the next. */
export interface Window {
  low: number;
  high: number;
  /** The stretch of time, epoch ms, from which it has these. */
  start: number;
  end: number;
  /** The step's number, and its time, epoch ms. */
  k: number;
  time: number;
}

/** The value of a window; undefined: none. One that goes through the samples takes pieces: there may be millions. */
export type WindowFunction = (window: Window) => number | undefined | InPieces<number | undefined>;

/** Makes what works on the windows of one series. */
export type RangeFunction = (samples: SampleSeries, params: readonly Float64Array[]) => WindowFunction;

/**
 * A function of each window of each series. The ends of windows move forward with the steps, so that nothing is looked
 * for twice.
 *
 * @param isOfTime whether it depends on the time of the step, too
 */
export async function overWindows(
  ranges: Ranges,
  grid: Grid,
  context: Context,
  { make, params, isOfTime }: { make: RangeFunction; params: readonly Float64Array[]; isOfTime: boolean },
): Promise<VectorSeries[]> {
  const { series, length, endOf } = ranges;
  context.reserve(series.length * grid.count);
  // Parameters may differ from step to step.
  const isSame = ranges.isFixed && !isOfTime && params.length === 0;
  const vector: VectorSeries[] = [];
  for (const samples of series) {
    await breathe(context);
    const { timestamps } = samples;
    const compute = make(samples, params);
    const result = emptySeries(samples.labels, grid.count);
    const window: Window = { low: 0, high: 0, start: 0, end: 0, k: 0, time: 0 };
    let isEmpty = true;
    let seen = 0;
    let value: number | undefined;
    for (let k = 0; k < grid.count; k++) {
      if (k === 0 || !isSame) {
        window.end = endOf(k);
        window.start = window.end - length;
        while (window.high < timestamps.length && timestamps[window.high] <= window.end) window.high++;
        while (window.low < window.high && timestamps[window.low] <= window.start) window.low++;
        window.k = k;
        window.time = timeOf(grid, k);
        const found = window.low < window.high ? compute(window) : undefined;
        value = typeof found === 'object' ? await finish(found, context) : found;
        seen += window.high - window.low + 1;
      }
      if (value !== undefined) {
        result.values[k] = value;
        result.has[k] = 1;
        isEmpty = false;
      }
      if (seen < SAMPLES_AT_ONCE) continue;
      seen = 0;
      await breathe(context);
    }
    if (!isEmpty) vector.push(result);
  }
  return vector;
}
