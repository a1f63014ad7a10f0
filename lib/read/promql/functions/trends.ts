import { executionError } from '../errors';
import { type InPieces, inPieces } from '../evaluate/pieces';
import type { SampleSeries } from '../evaluate/series';
import { ExactSum } from '../evaluate/sums';
import type { RangeFunction, Window, WindowFunction } from '../evaluate/windows';

/** Where the samples of a window are heading. */
export const TRENDS: Readonly<Record<string, RangeFunction>> = {
  deriv: (samples) =>
    function* (window) {
      if (window.high - window.low < 2) return undefined;
      // From a time near the samples, where numbers are small.
      return (yield* regression(samples, window, samples.timestamps[window.low])).slope;
    },
  predict_linear: (samples, [seconds]) =>
    function* (window) {
      if (window.high - window.low < 2) return undefined;
      const { slope, intercept } = yield* regression(samples, window, window.time);
      return slope * seconds[window.k] + intercept;
    },
  double_exponential_smoothing: (samples, [smoothing, trend]) => smoothed(samples, smoothing, trend),
};

/** The line with the least squares through a window's samples, by seconds from `origin`, epoch ms. */
function* regression(
  { timestamps, values }: SampleSeries,
  { low, high }: Window,
  origin: number,
): InPieces<{ slope: number; intercept: number }> {
  const n = high - low;
  const [x1, y1, xy, xx] = [new ExactSum(), new ExactSum(), new ExactSum(), new ExactSum()];
  let isConstant = true;
  yield* inPieces(low, high, (from, to) => {
    for (let i = from; i < to; i++) {
      const x = (timestamps[i] - origin) / 1_000;
      const y = values[i];
      if (y !== values[low]) isConstant = false;
      x1.add(x);
      y1.add(y);
      xy.add(x * y);
      xx.add(x * x);
    }
  });
  if (isConstant) {
    const y = values[low];
    return Number.isFinite(y) ? { slope: 0, intercept: y } : { slope: Number.NaN, intercept: Number.NaN };
  }
  const [sumX, sumY] = [x1.dividedBy(1), y1.dividedBy(1)];
  const slope = (xy.dividedBy(1) - (sumX * sumY) / n) / (xx.dividedBy(1) - (sumX * sumX) / n);
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

/** Holt's method. */
function smoothed({ values }: SampleSeries, smoothing: Float64Array, trend: Float64Array): WindowFunction {
  return function* ({ low, high, k }) {
    const [sf, tf] = [smoothing[k], trend[k]];
    if (!(sf > 0 && sf < 1))
      throw executionError(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${sf}`);
    if (!(tf > 0 && tf < 1)) throw executionError(`invalid trend factor. Expected: 0 < tf < 1, got: ${tf}`);
    if (high - low < 2) return undefined;
    let before = 0;
    let now = values[low];
    let slope = values[low + 1] - values[low];
    yield* inPieces(low + 1, high, (from, to) => {
      for (let i = from; i < to; i++) {
        if (i > low + 1) slope = tf * (now - before) + (1 - tf) * slope;
        const next = sf * values[i] + (1 - sf) * (now + slope);
        before = now;
        now = next;
      }
    });
    return now;
  };
}
