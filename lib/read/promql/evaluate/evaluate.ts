import { bisect } from '../../../model/bisect';
import { MINUTE } from '../../../model/time/duration';
import type { PausableWork } from '../../../runtime/work/work';
import { executionError, PromqlError } from '../errors';
import { callScalar, callVector } from '../functions/call';
import type { Expr } from '../syntax/ast';
import { typeOf } from '../syntax/check';
import { aggregate } from './aggregate';
import { binaryScalar, binaryVector } from './binary';
import { breathe, type Context, type Evaluator, type Ranges, type SampleSource } from './context';
import { mergeSame } from './many';
import { evaluateSubquery, selectRanges, selectVector } from './select';
import { type Grid, type SampleSeries, type VectorSeries, withoutName } from './series';

/** Values made on the way to an answer, at 9 bytes each, most of which are let go before its end. */
const MOST_VALUES = 20_000_000;

/** What a query comes to. */
export type Result =
  | { type: 'scalar'; values: Float64Array }
  | { type: 'string'; value: string }
  | { type: 'vector'; series: VectorSeries[] }
  | { type: 'matrix'; series: SampleSeries[] };

/** How long a series has its last value, where a query does not say it. */
const LOOKBACK_MS = 5 * MINUTE;

export interface EvaluateOptions {
  source: SampleSource;
  work: PausableWork;
  lookbackMs?: number;
}

/** An answer, and what its reader should know about it. */
export interface Evaluated {
  result: Result;
  notes: string[];
}

/**
 * Evaluates a query at each step of a grid; a range vector only at a single one.
 * @throws PromqlError `execution`, `bad_data`, and what the source throws
 */
export async function evaluate(
  expr: Expr,
  grid: Grid,
  { source, work, lookbackMs = LOOKBACK_MS }: EvaluateOptions,
): Promise<Evaluated> {
  const notes = new Set<string>();
  let values = 0;
  const evaluator = createEvaluator({
    source,
    work,
    lookbackMs,
    range: { start: grid.start, end: grid.start + (grid.count - 1) * grid.step },
    reserve(more) {
      values += more;
      if (values > MOST_VALUES) throw tooManySamples();
    },
    note: (note) => notes.add(note),
  });
  const result = await evaluateAs(expr, grid, evaluator);
  return { result, notes: [...notes] };
}

export function tooManySamples(): PromqlError {
  return executionError('query processing would load too many samples into memory in query execution');
}

async function evaluateAs(expr: Expr, grid: Grid, evaluator: Evaluator): Promise<Result> {
  switch (typeOf(expr)) {
    case 'scalar':
      return { type: 'scalar', values: await evaluator.scalar(expr, grid) };
    case 'vector':
      return { type: 'vector', series: await evaluator.vector(expr, grid) };
    case 'matrix':
      return {
        type: 'matrix',
        series: await windowOf(await evaluator.ranges(expr, grid), evaluator.context),
      };
    case 'string':
      if (expr.kind === 'string') return { type: 'string', value: expr.value };
  }
  throw new PromqlError('internal', `unexpected ${expr.kind}`);
}

/** The samples of the only window. */
async function windowOf({ series, endOf, length }: Ranges, context: Context): Promise<SampleSeries[]> {
  const end = endOf(0);
  const found: SampleSeries[] = [];
  for (const { labels, timestamps, values } of series) {
    await breathe(context);
    const low = bisect(0, timestamps.length, (i) => timestamps[i] > end - length);
    const high = bisect(low, timestamps.length, (i) => timestamps[i] > end);
    if (low < high)
      found.push({ labels, timestamps: timestamps.subarray(low, high), values: values.subarray(low, high) });
  }
  return found;
}

function createEvaluator(context: Context): Evaluator {
  const evaluator: Evaluator = {
    context,
    async scalar(expr, grid) {
      switch (expr.kind) {
        case 'number':
          return new Float64Array(grid.count).fill(expr.value);
        case 'negation':
          return (await evaluator.scalar(expr.expr, grid)).map((value) => -value);
        case 'binary':
          return binaryScalar(expr, grid, evaluator);
        case 'call':
          return callScalar(expr, grid, evaluator);
        default:
          throw new PromqlError('internal', `${expr.kind} is no scalar`);
      }
    },
    async vector(expr, grid) {
      switch (expr.kind) {
        case 'selector':
          return selectVector(expr, grid, context);
        case 'call':
          return callVector(expr, grid, evaluator);
        case 'aggregation':
          return aggregate(expr, grid, evaluator);
        case 'binary':
          return binaryVector(expr, grid, evaluator);
        case 'negation':
          return negate(await evaluator.vector(expr.expr, grid), context);
        default:
          throw new PromqlError('internal', `${expr.kind} is no vector`);
      }
    },
    async ranges(expr, grid) {
      if (expr.kind === 'range') return selectRanges(expr, grid, context);
      if (expr.kind === 'subquery') return evaluateSubquery(expr, grid, evaluator);
      throw new PromqlError('internal', `${expr.kind} is no range vector`);
    },
  };
  return evaluator;
}

async function negate(vector: readonly VectorSeries[], context: Context): Promise<VectorSeries[]> {
  const negated: VectorSeries[] = [];
  for (const { labels, values, has } of vector) {
    await breathe(context);
    context.reserve(values.length);
    negated.push({ labels: withoutName(labels), values: values.map((value) => -value), has });
  }
  return mergeSame(negated, context);
}
