import { type Labels, labelsKey } from '../../../model/labels';
import type { Stage } from '../../../observe/stages';
import { sortInPieces } from '../../../runtime/work/sort';
import type { PausableWork } from '../../../runtime/work/work';
import { executionError } from '../errors';
import { breathe, type Context } from './context';
import { type VectorSeries, withoutName } from './series';

/** What is made of each series, of which there may be a hundred thousand. */
export async function mapSeries<T, R>(
  vector: readonly T[],
  context: Context,
  change: (series: T, i: number) => R,
): Promise<R[]> {
  const changed: R[] = [];
  for (const [i, series] of vector.entries()) {
    await breathe(context);
    changed.push(change(series, i));
  }
  return changed;
}

/** Series by what they have in common, in the order of the first of each. */
export async function gather(
  vector: readonly VectorSeries[],
  context: Context,
  keyOf: (labels: Labels) => string,
): Promise<Map<string, VectorSeries[]>> {
  const found = new Map<string, VectorSeries[]>();
  for (const series of vector) {
    await breathe(context);
    const key = keyOf(series.labels);
    const others = found.get(key);
    if (others) others.push(series);
    else found.set(key, [series]);
  }
  return found;
}

/**
 * Series of the same labels as one, in the order of their first.
 * @throws PromqlError `execution` when two of them have a value at the same step
 */
export async function mergeSame(series: readonly VectorSeries[], context: Context): Promise<VectorSeries[]> {
  const byLabels = await gather(series, context, labelsKey);
  if (byLabels.size === series.length) return [...series];
  return mapSeries([...byLabels.values()], context, (same) => (same.length === 1 ? same[0] : merged(same)));
}

/** Without names, by which alone some of them may have differed. */
export async function mergeNameless(
  vector: readonly VectorSeries[],
  context: Context,
): Promise<VectorSeries[]> {
  const nameless = await mapSeries(vector, context, (series) => ({
    ...series,
    labels: withoutName(series.labels),
  }));
  return mergeSame(nameless, context);
}

function merged([first, ...others]: readonly VectorSeries[]): VectorSeries {
  const whole = { labels: first.labels, values: first.values.slice(), has: first.has.slice() };
  for (const { values, has } of others)
    for (let k = 0; k < has.length; k++) {
      if (!has[k]) continue;
      if (whole.has[k]) throw executionError('vector cannot contain metrics with the same labelset');
      whole.has[k] = 1;
      whole.values[k] = values[k];
    }
  return whole;
}

/** Prometheus' order: by the sorted names and values of labels. */
export async function sortByLabels<T extends { labels: Labels }>(
  series: readonly T[],
  work: PausableWork,
  stage: Stage,
): Promise<T[]> {
  const keyed: Array<{ key: string; each: T }> = [];
  for (const each of series) {
    if (work.isDue(stage)) await work.pause();
    keyed.push({ key: labelsKey(each.labels), each });
  }
  const sorted = await sortInPieces(
    keyed,
    (a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)),
    work,
    stage,
  );
  return sorted.map(({ each }) => each);
}
