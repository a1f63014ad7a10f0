import { NAME_LABEL } from '../../../model/selector';
import { breathe, type Context, type Evaluator } from '../evaluate/context';
import { mapSeries, mergeNameless, mergeSame } from '../evaluate/many';
import { selectVector } from '../evaluate/select';
import { emptySeries, type Grid, labelOf, timeOf, type VectorSeries, withoutName } from '../evaluate/series';
import { overWindows, type RangeFunction } from '../evaluate/windows';
import type { Call, Expr } from '../syntax/ast';
import { typeOf } from '../syntax/check';
import { CALENDAR } from './calendar';
import { histogramQuantile } from './histogram';
import { joinLabels, replaceLabel } from './labels';
import { MATH } from './math';
import { OVER_TIME } from './over-time';
import { RATES } from './rates';
import { TRENDS } from './trends';
import { absentIn, onlyValues, sortByValue } from './vectors';

const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = { ...RATES, ...OVER_TIME, ...TRENDS };
/** What they give is a sample of the series, so it keeps the series' name. */
const KEEPING_NAME: ReadonlySet<string> = new Set(['first_over_time', 'last_over_time']);

/** A function that gives a number for each step. */
export async function callScalar(
  { name, args }: Call,
  grid: Grid,
  evaluator: Evaluator,
): Promise<Float64Array> {
  if (name === 'time') return Float64Array.from({ length: grid.count }, (_, k) => timeOf(grid, k) / 1_000);
  if (name === 'pi') return new Float64Array(grid.count).fill(Math.PI);
  return onlyValues(await evaluator.vector(args[0], grid), grid, evaluator.context);
}

/** A function that gives series. */
export async function callVector(call: Call, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const { name, args } = call;
  const { context } = evaluator;
  if (Object.hasOwn(RANGE_FUNCTIONS, name)) return overRange(call, grid, evaluator);
  if (Object.hasOwn(MATH, name)) return ofValues(call, grid, evaluator);
  if (Object.hasOwn(CALENDAR, name)) return ofDates(call, grid, evaluator);
  switch (name) {
    case 'vector':
      return [{ ...emptySeries({}, 0), ...always(await evaluator.scalar(args[0], grid)) }];
    case 'timestamp':
      return timestamps(args[0], grid, evaluator);
    case 'absent':
      return absentIn(await evaluator.vector(args[0], grid), args[0], grid, context);
    case 'histogram_quantile': {
      const q = await evaluator.scalar(args[0], grid);
      return mergeSame(
        await histogramQuantile(q, await evaluator.vector(args[1], grid), grid, context),
        context,
      );
    }
    case 'label_replace':
      return replaceLabel(await evaluator.vector(args[0], grid), textsOf(args), context);
    case 'label_join':
      return joinLabels(await evaluator.vector(args[0], grid), textsOf(args), context);
    default:
      // What is left of those with a signature: sort and sort_desc.
      return sortByValue(await evaluator.vector(args[0], grid), grid, {
        isDescending: name === 'sort_desc',
        context,
      });
  }
}

async function overRange({ name, args }: Call, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const { context } = evaluator;
  const params: Float64Array[] = [];
  for (const arg of args) if (typeOf(arg) === 'scalar') params.push(await evaluator.scalar(arg, grid));
  const of = args.find((arg) => typeOf(arg) === 'matrix')!;
  const ranges = await evaluator.ranges(of, grid);
  if (name === 'quantile_over_time' || name === 'rate' || name === 'increase')
    noteDoubts(name, params, ranges.series[0]?.labels ?? {}, context);
  const isOfTime = name === 'predict_linear';
  const vector = await overWindows(ranges, grid, context, { make: RANGE_FUNCTIONS[name], params, isOfTime });
  if (name === 'absent_over_time') return absentIn(vector, of, grid, context);
  return KEEPING_NAME.has(name) ? vector : mergeNameless(vector, context);
}

/** What looks like a mistake, though it has an answer. */
function noteDoubts(
  name: string,
  params: readonly Float64Array[],
  labels: VectorSeries['labels'],
  context: Context,
): void {
  if (name === 'quantile_over_time') {
    if (params[0].some((q) => !(q >= 0 && q <= 1)))
      context.note('PromQL warning: quantile value should be between 0 and 1');
    return;
  }
  const metric = labelOf(labels, NAME_LABEL);
  if (metric !== '' && !/_(total|sum|count|bucket)$/.test(metric))
    context.note(
      `PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(metric)}`,
    );
}

async function ofValues({ name, args }: Call, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const [of, ...others] = args;
  const vector = await evaluator.vector(of, grid);
  const params: Float64Array[] = [];
  for (const param of others) params.push(await evaluator.scalar(param, grid));
  const compute = MATH[name];
  // Between bounds that are the wrong way round there is nothing.
  const isPossible = (k: number) => name !== 'clamp' || !(params[0][k] > params[1][k]);
  evaluator.context.reserve(vector.length * grid.count);
  const results: VectorSeries[] = [];
  for (const series of vector) {
    await breathe(evaluator.context);
    const result = emptySeries(withoutName(series.labels), grid.count);
    for (let k = 0; k < grid.count; k++) {
      if (!series.has[k] || !isPossible(k)) continue;
      result.values[k] = compute(series.values[k], ...params.map((param) => param[k]));
      result.has[k] = 1;
    }
    results.push(result);
  }
  return mergeSame(results, evaluator.context);
}

async function ofDates({ name, args }: Call, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const read = CALENDAR[name];
  if (args.length === 0) {
    const values = Float64Array.from({ length: grid.count }, (_, k) => read(timeOf(grid, k) / 1_000));
    return [{ labels: {}, ...always(values) }];
  }
  const vector = await evaluator.vector(args[0], grid);
  evaluator.context.reserve(vector.length * grid.count);
  const results: VectorSeries[] = [];
  for (const { labels, values, has } of vector) {
    await breathe(evaluator.context);
    results.push({
      labels: withoutName(labels),
      values: values.map((value, k) => (has[k] ? read(value) : 0)),
      has,
    });
  }
  return mergeSame(results, evaluator.context);
}

/** When the samples are from; of anything but a selector, the time of the step. */
async function timestamps(of: Expr, grid: Grid, evaluator: Evaluator): Promise<VectorSeries[]> {
  const { context } = evaluator;
  if (of.kind === 'selector') return mergeNameless(await selectVector(of, grid, context, 'seconds'), context);
  const seconds = Float64Array.from({ length: grid.count }, (_, k) => timeOf(grid, k) / 1_000);
  const vector = await evaluator.vector(of, grid);
  const timed = await mapSeries(vector, context, (series) => ({ ...series, values: seconds }));
  return mergeNameless(timed, context);
}

function always(values: Float64Array): Pick<VectorSeries, 'values' | 'has'> {
  return { values, has: new Uint8Array(values.length).fill(1) };
}

function textsOf(args: readonly Expr[]): string[] {
  return args.flatMap((arg) => (arg.kind === 'string' ? [arg.value] : []));
}
