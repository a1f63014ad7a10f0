import { inPieces } from '../evaluate/pieces';
import type { SampleSeries } from '../evaluate/series';
import type { RangeFunction, Window, WindowFunction } from '../evaluate/windows';

/** Whether a function is about counters, which only grow and begin anew, and whether it gives growth per second. */
interface RateOptions {
  isCounter: boolean;
  isPerSecond: boolean;
}

export const RATES: Readonly<Record<string, RangeFunction>> = {
  rate: (samples) => extrapolated(samples, { isCounter: true, isPerSecond: true }),
  increase: (samples) => extrapolated(samples, { isCounter: true, isPerSecond: false }),
  delta: (samples) => extrapolated(samples, { isCounter: false, isPerSecond: false }),
  irate: (samples) => ofLastTwo(samples, { isCounter: true, isPerSecond: true }),
  idelta: (samples) => ofLastTwo(samples, { isCounter: false, isPerSecond: false }),
  changes: ({ values }) =>
    countedBetween(values, (now, before) => now !== before && !(Number.isNaN(now) && Number.isNaN(before))),
  resets: ({ values }) => countedBetween(values, (now, before) => now < before),
};

/**
 * Growth over a window, extended to its ends where samples come close to them (Prometheus' `extrapolatedRate`).
 */
function extrapolated({ timestamps, values }: SampleSeries, options: RateOptions): WindowFunction {
  const lostIn = options.isCounter ? resetsOf(values) : () => 0;
  return (window) => {
    const { low, high, start, end } = window;
    const intervals = high - low - 1;
    if (intervals < 1) return undefined;
    const first = values[low];
    const growth = values[high - 1] - first + lostIn(window);
    const sampled = (timestamps[high - 1] - timestamps[low]) / 1_000;
    const average = sampled / intervals;
    const threshold = average * 1.1;
    let toStart = (timestamps[low] - start) / 1_000;
    let toEnd = (end - timestamps[high - 1]) / 1_000;
    if (toStart >= threshold) toStart = average / 2;
    // A counter cannot have been below zero.
    if (options.isCounter && growth > 0 && first >= 0)
      toStart = Math.min(toStart, sampled * (first / growth));
    if (toEnd >= threshold) toEnd = average / 2;
    let factor = (sampled + toStart + toEnd) / sampled;
    if (options.isPerSecond) factor /= (end - start) / 1_000;
    return growth * factor;
  };
}

/** What counters had counted before they began anew within a window. */
function resetsOf(values: Float64Array): (window: Window) => number {
  const resets: number[] = [];
  for (let i = 1; i < values.length; i++) if (values[i] < values[i - 1]) resets.push(i);
  let next = 0;
  return ({ low, high }) => {
    while (next < resets.length && resets[next] <= low) next++;
    let lost = 0;
    for (let i = next; i < resets.length && resets[i] < high; i++) lost += values[resets[i] - 1];
    return lost;
  };
}

function ofLastTwo({ timestamps, values }: SampleSeries, options: RateOptions): WindowFunction {
  return ({ low, high }) => {
    if (high - low < 2) return undefined;
    const [before, now] = [values[high - 2], values[high - 1]];
    const seconds = (timestamps[high - 1] - timestamps[high - 2]) / 1_000;
    if (seconds === 0) return undefined;
    const growth = options.isCounter && now < before ? now : now - before;
    return options.isPerSecond ? growth / seconds : growth;
  };
}

/** How often something is so between one sample and the next. */
function countedBetween(
  values: Float64Array,
  isSo: (now: number, before: number) => boolean,
): WindowFunction {
  const counts = new Uint32Array(values.length);
  let next = 1;
  return function* ({ low, high }) {
    yield* inPieces(next, high, (from, to) => {
      for (let i = from; i < to; i++) counts[i] = counts[i - 1] + Number(isSo(values[i], values[i - 1]));
    });
    next = Math.max(next, high);
    return counts[high - 1] - counts[low];
  };
}
