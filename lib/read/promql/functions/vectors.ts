import type { Labels, Matcher } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';
import { sortInPieces } from '../../../runtime/work/sort';
import { breathe, type Context } from '../evaluate/context';
import { presenceOf } from '../evaluate/matching';
import { type Grid, type VectorSeries, withLabel } from '../evaluate/series';
import type { Expr } from '../syntax/ast';

/** 1 at each step at which no series has a value. */
export async function absentIn(
  vector: readonly VectorSeries[],
  of: Expr,
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const present = await presenceOf(vector, grid, context);
  const has = present.map((is) => 1 - is);
  return has.includes(1) ? [{ labels: labelsOfAbsent(of), values: Float64Array.from(has), has }] : [];
}

/** What is known of a series that is not there: the labels it would have to have. */
function labelsOfAbsent(of: Expr): Labels {
  const matchers: readonly Matcher[] =
    of.kind === 'selector' ? of.matchers : of.kind === 'range' ? of.selector.matchers : [];
  let labels: Labels = {};
  const seen = new Set<string>();
  for (const { label, operator, value } of matchers) {
    if (label === NAME_LABEL) continue;
    labels = withLabel(labels, label, operator === '=' && !seen.has(label) ? value : '');
    if (operator === '=') seen.add(label);
  }
  return labels;
}

/** The value of the only series at each step; NaN where there is none, or more than one. */
export async function onlyValues(
  vector: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<Float64Array> {
  const values = new Float64Array(grid.count).fill(Number.NaN);
  const seen = new Uint8Array(grid.count);
  for (const series of vector) {
    await breathe(context);
    for (let k = 0; k < grid.count; k++) {
      if (!series.has[k]) continue;
      values[k] = seen[k] ? Number.NaN : series.values[k];
      seen[k] = 1;
    }
  }
  return values;
}

/** In the order of their values, NaN last; only where there is one step, since series have no order over many. */
export async function sortByValue(
  vector: VectorSeries[],
  grid: Grid,
  { isDescending, context }: { isDescending: boolean; context: Context },
): Promise<VectorSeries[]> {
  if (grid.count !== 1) return vector;
  const compare = ({ values: [a] }: VectorSeries, { values: [b] }: VectorSeries) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    const order = a < b ? -1 : Number(a > b);
    return isDescending ? -order : order;
  };
  return sortInPieces(vector, compare, context.work, 'evaluate');
}
