import { type Binary, COMPARISONS, SET_OPERATORS } from '../syntax/ast';
import { typeOf } from '../syntax/check';
import { breathe, type Evaluator } from './context';
import { mergeSame } from './many';
import { matchVectors } from './matching';
import { operatorOf } from './operators';
import { emptySeries, type Grid, type VectorSeries, withoutName } from './series';
import { combineSets } from './sets';

/** An operator between numbers. */
export async function binaryScalar(
  { operator, left, right }: Binary,
  grid: Grid,
  evaluator: Evaluator,
): Promise<Float64Array> {
  const [lefts, rights] = [await evaluator.scalar(left, grid), await evaluator.scalar(right, grid)];
  const compute = operatorOf(operator);
  return lefts.map((value, k) => compute(value, rights[k]));
}

/** An operator of which one side at least is series. */
export async function binaryVector(expr: Binary, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const { left, right } = expr;
  if (typeOf(left) === 'scalar') {
    const scalar = await evaluator.scalar(left, grid);
    return withScalar(expr, await evaluator.vector(right, grid), { scalar, isLeft: true }, grid, evaluator);
  }
  const lefts = await evaluator.vector(left, grid);
  if (typeOf(right) === 'scalar') {
    const scalar = await evaluator.scalar(right, grid);
    return withScalar(expr, lefts, { scalar, isLeft: false }, grid, evaluator);
  }
  const rights = await evaluator.vector(right, grid);
  if (SET_OPERATORS.has(expr.operator)) return combineSets(expr, lefts, rights, grid, evaluator.context);
  return matchVectors(expr, lefts, rights, grid, evaluator.context);
}

async function withScalar(
  { operator, isBool }: Binary,
  vector: readonly VectorSeries[],
  { scalar, isLeft }: { scalar: Float64Array; isLeft: boolean },
  grid: Grid,
  { context }: Evaluator,
): Promise<VectorSeries[]> {
  context.reserve(vector.length * grid.count);
  const compute = operatorOf(operator);
  const isFilter = COMPARISONS.has(operator) && !isBool;
  const results: VectorSeries[] = [];
  for (const { labels, values, has } of vector) {
    await breathe(context);
    const result = emptySeries(isFilter ? labels : withoutName(labels), grid.count);
    for (let k = 0; k < grid.count; k++) {
      if (!has[k]) continue;
      const [a, b] = isLeft ? [scalar[k], values[k]] : [values[k], scalar[k]];
      const value = compute(a, b);
      if (isFilter && value === 0) continue;
      // A filter keeps the value of the series, on whichever side it stands.
      result.values[k] = isFilter ? values[k] : value;
      result.has[k] = 1;
    }
    if (result.has.includes(1)) results.push(result);
  }
  return isFilter ? results : mergeSame(results, context);
}
