import { type InPieces, SAMPLES_AT_ONCE } from './pieces';

/**
 * The φ-quantile of numbers by linear interpolation, NaN being the lowest, as Prometheus takes it. Changes the order of
 * `values`. There may be millions.
 */
export function* quantileOf(q: number, values: Float64Array): InPieces<number> {
  const n = values.length;
  if (n === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const rank = q * (n - 1);
  const lower = Math.max(0, Math.floor(rank));
  const weight = rank - Math.floor(rank);
  const nans = moveNansFirst(values);
  yield;
  const low = lower < nans ? Number.NaN : yield* selectAt(values, lower, nans);
  const upper = Math.min(n - 1, lower + 1);
  const high = upper < nans ? Number.NaN : upper === lower ? low : leastFrom(values, Math.max(upper, nans));
  return low * (1 - weight) + high * weight;
}

function moveNansFirst(values: Float64Array): number {
  let nans = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    values[i] = values[nans];
    values[nans++] = Number.NaN;
  }
  return nans;
}

/** Puts the value of rank `at` in its place, smaller ones before it and larger ones behind (Hoare's selection). */
function* selectAt(values: Float64Array, at: number, from: number): InPieces<number> {
  let low = from;
  let high = values.length - 1;
  let swaps = 0;
  while (low < high) {
    // By chance, so that no order of values is the slow one.
    const pivot = values[low + Math.floor(Math.random() * (high - low + 1))];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
      if (++swaps % SAMPLES_AT_ONCE === 0) yield;
    }
    if (at <= j) high = j;
    else if (at >= i) low = i;
    else return values[at];
    yield;
  }
  return values[at];
}

function leastFrom(values: Float64Array, from: number): number {
  let least = values[from];
  for (let i = from + 1; i < values.length; i++) if (values[i] < least) least = values[i];
  return least;
}
