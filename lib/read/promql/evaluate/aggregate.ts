import { executionError } from '../errors';
import type { Aggregation } from '../syntax/ast';
import { breathe, type Context, type Evaluator } from './context';
import { countValues } from './count-values';
import { GROUP_AGGREGATES } from './group-aggregates';
import { type Group, groupSeries } from './groups';
import { finish } from './pieces';
import { quantileOf } from './quantile';
import { firstOfEach } from './ranking';
import { emptySeries, type Grid, type VectorSeries } from './series';

export async function aggregate(
  expr: Aggregation,
  grid: Grid,
  evaluator: Evaluator,
): Promise<VectorSeries[]> {
  const { operator, param } = expr;
  const { context } = evaluator;
  const params = param && param.kind !== 'string' ? await evaluator.scalar(param, grid) : null;
  const groups = await groupSeries(expr, await evaluator.vector(expr.expr, grid), context);
  if (operator === 'topk' || operator === 'bottomk')
    return firstOfEach(groups, countsOf(params!), operator, grid, context);
  if (operator === 'count_values' && param?.kind === 'string')
    return countValues(groups, param.value, grid, context);
  context.reserve(groups.length * grid.count);
  const results: VectorSeries[] = [];
  for (const group of groups) {
    await breathe(context);
    const result = emptySeries(group.labels, grid.count);
    if (operator === 'quantile') await quantileInto(result, group, params!, context);
    else await GROUP_AGGREGATES[operator](result, group.series, context);
    results.push(result);
  }
  return results.filter(({ has }) => has.includes(1));
}

async function quantileInto(
  result: VectorSeries,
  { series }: Group,
  q: Float64Array,
  context: Context,
): Promise<void> {
  if (q.some((value) => !(value >= 0 && value <= 1)))
    context.note('PromQL warning: quantile value should be between 0 and 1');
  const values = new Float64Array(series.length);
  for (let k = 0; k < result.has.length; k++) {
    await breathe(context);
    let count = 0;
    for (const each of series) if (each.has[k]) values[count++] = each.values[k];
    if (count === 0) continue;
    result.values[k] = await finish(quantileOf(q[k], values.subarray(0, count)), context);
    result.has[k] = 1;
  }
}

/** How many to take at each step. @throws PromqlError `execution` where it is no number of things */
function countsOf(params: Float64Array): Float64Array {
  return params.map((value) => {
    if (Number.isNaN(value)) throw executionError('Parameter value is NaN');
    if (Math.abs(value) >= 2 ** 63) throw executionError(`Scalar value ${value} overflows int64`);
    return Math.trunc(value);
  });
}
