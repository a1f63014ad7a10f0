import type { Unit } from '@/lib/model/format';
import { formatClock, formatDay } from '@/lib/model/format-time';
import type { WholePoint } from '@/lib/model/points';
import { DAY, HOUR, MINUTE, SECOND } from '@/lib/model/time/duration';

export interface Axis {
  domain: [number, number];
  ticks: number[];
}

/**
 * A value axis with round ticks. It starts at zero for percentages, and when the values are not far above zero, so that
 * small movements do not look large. It changes only when the values leave its round ends, so a live chart is steady.
 * `count`: about how many intervals.
 */
export function valueAxis(extent: readonly [number, number] | null, unit: Unit, count: number): Axis {
  let [low, high] = extent ?? [0, 1 / unit.scale];
  // Percentages are read against 0 and 100.
  if (low >= 0 && (low < high * 0.6 || unit.kind === 'percent')) low = 0;
  if (high <= 0 && high > low * 0.6) high = 0;
  if (high - low < SHORTEST) {
    const margin = Math.abs(low) * 0.1;
    [low, high] = margin < SHORTEST ? [0, 1 / unit.scale] : [low - margin, high + margin];
  }
  [low, high] = drawable(low, high);
  const step = roundStep((high - low) / count, unit);
  const from = Math.floor(low / step + 1e-9);
  const to = Math.max(from + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step);
  const domain: Axis['domain'] = [ticks[0], ticks[ticks.length - 1]];
  if (Number.isFinite(domain[1] - domain[0])) return { domain, ticks };
  return { domain: [low, high], ticks: ticks.filter((tick) => tick >= low && tick <= high) };
}

/** Shorter axes have no round steps. */
const SHORTEST = 1e-290;
const MAX = Number.MAX_VALUE;

/** Ends no farther apart than float64 reaches. */
function drawable(low: number, high: number): [number, number] {
  const [from, to] = [Math.max(-MAX, low), Math.min(MAX, high)];
  return Number.isFinite(to - from) ? [from, to] : [Math.max(-MAX / 2, from), Math.min(MAX / 2, to)];
}

/** The next round step at or above `rough`: 1, 2, 2.5, 5 × 10ⁿ; for bytes 1, 2, 4 … 512 × 1024ⁿ. */
function roundStep(rough: number, unit: Unit): number {
  const ideal = rough * unit.scale;
  if (unit.kind === 'bytes') return orRough(2 ** Math.ceil(Math.log2(ideal) - 1e-9) / unit.scale, rough);
  const power = 10 ** Math.floor(Math.log10(ideal));
  const factor = [1, 2, 2.5, 5, 10].find((round) => round * power >= ideal * (1 - 1e-9)) ?? 10;
  return orRough((factor * power) / unit.scale, rough);
}

/** At the ends of float64 no round step may be left. */
function orRough(step: number, rough: number): number {
  return step > 0 && Number.isFinite(step) ? step : rough;
}

/** Lowest and highest value in the given columns of the points inside `[start, end]`; null when there is none. */
export function extentOf(
  series: ReadonlyArray<readonly WholePoint[]>,
  columns: readonly number[],
  [start, end]: readonly [number, number],
): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const points of series) {
    for (const point of points) {
      if (point[0] < start || point[0] > end) continue;
      for (const column of columns) {
        const value = point[column];
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  }
  return low <= high ? [low, high] : null;
}

const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365].map((n) => n * DAY),
];

/** A label closer to the right edge than this part of the range would be cut off. */
const EDGE = 0.2;

/** At most `count` round times in the range, by the reader's clock. */
export function timeTicks(
  [start, end]: readonly [number, number],
  count: number,
): { ticks: number[]; step: number } {
  const step =
    TIME_STEPS.find((candidate) => (end - start) / candidate <= count) ?? TIME_STEPS[TIME_STEPS.length - 1];
  const ticks: number[] = [];
  const zone = new Date(start).getTimezoneOffset() * MINUTE;
  const last = end - (EDGE * (end - start)) / count;
  for (let t = Math.ceil((start - zone) / step) * step + zone; t <= last; t += step)
    ticks.push(onTheHour(t, zone, step));
  return { ticks, step };
}

/** Keeps ticks on the round hour or on midnight after a change to or from summer time. */
function onTheHour(t: number, zone: number, step: number): number {
  return step < HOUR ? t : t + new Date(t).getTimezoneOffset() * MINUTE - zone;
}

/** `14:05`, `14:05:10`, or the day where a tick is midnight or the ticks are days. */
export function timeTickLabel(t: number, step: number): string {
  const date = new Date(t);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  return step >= DAY || midnight ? formatDay(t) : formatClock(t, step);
}
