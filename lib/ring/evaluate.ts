import { isGrowth, isPercentile, shareOf, stagesOf } from '../aggregates';
import { type Aggregate, COUNTER_GAP_MS, type Point, SECOND } from '../model';
import type { SampleBuffer } from './sample-buffer';

/**
 * The one evaluation behind history's memory tier and the live tick: samples → points. Pure but for its scratch
 * memory, which is module-wide because evaluating is synchronous.
 *
 * A point covers `[t, t + step)` and pools all samples of all series of a group (see `Aggregate`):
 * - `avg` is Σ/n; `last` the newest sample's value, of samples of one instant the highest;
 * - `increase` sums, series by series, each sample's growth over the sample before it in its series, wherever that
 *   lies; a fall is a counter's restart and counts as growth from 0; after more than `COUNTER_GAP_MS` nothing counts;
 * - `rate` is the sum over series of growth / seconds, those of the same pairs;
 * - percentiles interpolate linearly between closest ranks, as PostgreSQL's `percentile_cont` does.
 */
export interface Evaluation {
  aggregates: readonly Aggregate[];
  /** Epoch ms; points begin at `start` and every `step` after it, up to `end`. */
  start: number;
  end: number;
  step: number;
}

/** Points of one group of series, ascending; a step without a value is left out. Buffers must cover the range. */
export function evaluate(buffers: readonly SampleBuffer[], evaluation: Evaluation): Point[] {
  const points: Point[] = [];
  const width = MAX_SLOTS * evaluation.step;
  for (let start = evaluation.start; start < evaluation.end; start += width) {
    const end = Math.min(evaluation.end, start + width);
    evaluateSlots(buffers, { ...evaluation, start, end }, points);
  }
  return points;
}

/** Points are made in this many slots of scratch memory at a time: more than most questions have. */
const MAX_SLOTS = 8_192;
const scratch = () => new Float64Array(MAX_SLOTS);

/** Figures of each slot; a slot's position is (t - start) / step. */
const slots = {
  /** What makes a point: samples, or for growth the series that grew. */
  count: scratch(),
  sum: scratch(),
  min: scratch(),
  max: scratch(),
  last: scratch(),
  lastAt: scratch(),
  increase: scratch(),
  rate: scratch(),
};
const everyFigure = Object.values(slots);
/** All values of the range, grown as needed: those of a slot are side by side and end at `poolEnd` of the slot. */
let pool = new Float64Array(1_024);
const poolEnd = new Uint32Array(MAX_SLOTS);

const READ: Record<string, (slot: number) => number> = {
  avg: (slot) => slots.sum[slot] / slots.count[slot],
  sum: (slot) => slots.sum[slot],
  min: (slot) => slots.min[slot],
  max: (slot) => slots.max[slot],
  count: (slot) => slots.count[slot],
  last: (slot) => slots.last[slot],
  increase: (slot) => slots.increase[slot],
  rate: (slot) => slots.rate[slot],
  p50: (slot) => quantile(slot, shareOf('p50')!),
  p90: (slot) => quantile(slot, shareOf('p90')!),
  p95: (slot) => quantile(slot, shareOf('p95')!),
  p99: (slot) => quantile(slot, shareOf('p99')!),
};

function evaluateSlots(buffers: readonly SampleBuffer[], evaluation: Evaluation, into: Point[]): void {
  const { aggregates, start, end, step } = evaluation;
  const width = Math.ceil((end - start) / step);
  for (const figure of everyFigure) figure.fill(0, 0, width);

  // Those asked for together are of one kind: see the families in lib/query/params.ts.
  if (isPercentile(stagesOf(aggregates[0]).inner)) poolValues(buffers, evaluation, width);
  else if (isGrowth(aggregates[0])) eachRun(buffers, evaluation, addGrowth);
  else eachRun(buffers, evaluation, summarise);

  for (let slot = 0; slot < width; slot++) {
    if (slots.count[slot] === 0) continue;
    const point: Point = [start + slot * step];
    for (const aggregate of aggregates) point.push(READ[aggregate](slot));
    // Values near the end of float64 can add up to infinity, which no point can show.
    if (point.every(Number.isFinite)) into.push(point);
  }
}

/** The samples `[from, to)` of a buffer, which are all that its series has in the slot. */
type Run = (slot: number, buffer: SampleBuffer, from: number, to: number) => void;

function eachRun(buffers: readonly SampleBuffer[], { start, end, step }: Evaluation, take: Run): void {
  for (const buffer of buffers) {
    const { data } = buffer;
    const stop = buffer.lowerBound(end);
    let from = buffer.lowerBound(start);
    let length = 1;
    while (from < stop) {
      const slot = Math.floor((data[2 * from] - start) / step);
      const slotEnd = start + (slot + 1) * step;
      // Most series are regular: the run is as long as the one before. Then it need not be walked to find its end.
      let to = Math.min(stop, from + length);
      while (to > from + 1 && data[2 * to - 2] >= slotEnd) to--;
      while (to < stop && data[2 * to] < slotEnd) to++;
      take(slot, buffer, from, to);
      length = to - from;
      from = to;
    }
  }
}

function summarise(slot: number, { data }: SampleBuffer, from: number, to: number): void {
  const { count, sum, min, max, last, lastAt } = slots;
  let total = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = data[2 * i + 1];
    total += value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const newestAt = data[2 * to - 2];
  const newest = data[2 * to - 1];
  const isFirst = count[slot] === 0;
  if (isFirst || lowest < min[slot]) min[slot] = lowest;
  if (isFirst || highest > max[slot]) max[slot] = highest;
  if (isFirst || newestAt > lastAt[slot] || (newestAt === lastAt[slot] && newest > last[slot])) {
    lastAt[slot] = newestAt;
    last[slot] = newest;
  }
  count[slot] += to - from;
  sum[slot] += total;
}

function addGrowth(slot: number, { data, start }: SampleBuffer, from: number, to: number): void {
  let growth = 0;
  let elapsedMs = 0;
  for (let i = Math.max(from, start + 1); i < to; i++) {
    const gapMs = data[2 * i] - data[2 * i - 2];
    if (gapMs > COUNTER_GAP_MS) continue;
    const value = data[2 * i + 1];
    const before = data[2 * i - 1];
    growth += value >= before ? value - before : value;
    elapsedMs += gapMs;
  }
  if (elapsedMs === 0) return;
  slots.count[slot]++;
  slots.increase[slot] += growth;
  slots.rate[slot] += growth / (elapsedMs / SECOND);
}

/** Brings together the values of each slot, and sorts them. */
function poolValues(buffers: readonly SampleBuffer[], evaluation: Evaluation, width: number): void {
  const { count } = slots;
  eachRun(buffers, evaluation, (slot, _buffer, from, to) => {
    count[slot] += to - from;
  });
  let total = 0;
  for (let slot = 0; slot < width; slot++) {
    poolEnd[slot] = total;
    total += count[slot];
  }
  if (pool.length < total) pool = new Float64Array(2 * total);
  eachRun(buffers, evaluation, (slot, { data }, from, to) => {
    let at = poolEnd[slot];
    for (let i = from; i < to; i++) pool[at++] = data[2 * i + 1];
    poolEnd[slot] = at;
  });
  for (let slot = 0; slot < width; slot++) {
    if (count[slot] > 1) pool.subarray(poolEnd[slot] - count[slot], poolEnd[slot]).sort();
  }
}

/** `percentile_cont`: https://www.postgresql.org/docs/current/functions-aggregate.html */
function quantile(slot: number, share: number): number {
  const first = poolEnd[slot] - slots.count[slot];
  const rank = share * (slots.count[slot] - 1);
  const below = Math.floor(rank);
  const low = pool[first + below];
  const high = pool[first + Math.ceil(rank)];
  return low + (rank - below) * (high - low);
}
