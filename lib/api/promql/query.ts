import { PromqlError } from '../../read/promql/errors';
import { type Evaluated, evaluate, type Result } from '../../read/promql/evaluate/evaluate';
import { sortByLabels } from '../../read/promql/evaluate/many';
import type { Grid } from '../../read/promql/evaluate/series';
import { StoredSamples } from '../../read/promql/source';
import type { Expr } from '../../read/promql/syntax/ast';
import { typeOf } from '../../read/promql/syntax/check';
import { parseQuery } from '../../read/promql/syntax/parse';
import type { Work } from '../../runtime/work/work';
import type { System } from '../../system/system';
import type { LargeResponse } from '../http';
import { largeSuccess, type Remarks } from './answer';
import { instantJson, rangeJson } from './encode';
import { type Parameters, refuse } from './parameters';

/** Steps of a range query. */
export const MOST_STEPS = 11_000;

export type QuerySystem = Pick<System, 'registry' | 'store'>;

/** The value of a query at one time. */
export async function instantQuery(
  parameters: Parameters,
  work: Work,
  system: QuerySystem,
): Promise<LargeResponse> {
  const limit = parameters.limit();
  const grid = { start: parameters.time('time', Date.now()), step: 1, count: 1 };
  const evaluated = await run(readQuery(parameters), grid, work, system, parameters.lookbackMs());
  return answerWith(evaluated, limit, work, (result) => instantJson(result, grid));
}

/** The values of a query at each step of a range. */
export async function rangeQuery(
  parameters: Parameters,
  work: Work,
  system: QuerySystem,
): Promise<LargeResponse> {
  const limit = parameters.limit();
  const [start, end, step] = [parameters.time('start'), parameters.time('end'), parameters.duration('step')];
  if (end < start) refuse('end', 'end timestamp must not be before start time');
  if (step <= 0)
    refuse('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((end - start) / step > MOST_STEPS)
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const expr = readQuery(parameters);
  const type = typeOf(expr);
  if (type === 'matrix' || type === 'string')
    refuse(
      'query',
      `invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
    );
  const grid = { start, step, count: Math.floor((end - start) / step) + 1 };
  const evaluated = await evaluateRange(expr, grid, work, system, parameters.lookbackMs());
  return answerWith(evaluated, limit, work, (result) => rangeJson(result, grid));
}

/** The values at each step, series in Prometheus' order. */
export async function evaluateRange(
  expr: Expr,
  grid: Grid,
  work: Work,
  system: QuerySystem,
  lookbackMs?: number,
): Promise<Evaluated> {
  const { result, notes } = await run(expr, grid, work, system, lookbackMs);
  if (result.type !== 'vector') return { result, notes };
  return { result: { ...result, series: await sortByLabels(result.series, work, 'encode') }, notes };
}

function readQuery(parameters: Parameters): Expr {
  try {
    return parseQuery(parameters.text('query'));
  } catch (error) {
    if (error instanceof PromqlError) refuse('query', error.message);
    throw error;
  }
}

async function run(
  expr: Expr,
  grid: Grid,
  work: Work,
  { registry, store }: QuerySystem,
  lookbackMs?: number,
): Promise<Evaluated> {
  const source = new StoredSamples({ registry, columns: store.columns, work });
  return evaluate(expr, grid, { source, work, lookbackMs });
}

async function answerWith(
  { result, notes }: Evaluated,
  limit: number,
  work: Work,
  encode: (result: Result) => Iterable<string>,
): Promise<LargeResponse> {
  const remarks = remarksOf(notes);
  const cut = truncate(result, limit);
  if (cut !== result) remarks.warnings.push('results truncated due to limit');
  work.addPoints(countPoints(cut));
  return largeSuccess(encode(cut), work, remarks);
}

function remarksOf(notes: readonly string[]): Required<Remarks> & { warnings: string[] } {
  const isInfo = (note: string) => note.startsWith('PromQL info');
  return { warnings: notes.filter((note) => !isInfo(note)), infos: notes.filter(isInfo) };
}

function truncate(result: Result, limit: number): Result {
  if (result.type === 'vector' && result.series.length > limit)
    return { type: 'vector', series: result.series.slice(0, limit) };
  if (result.type === 'matrix' && result.series.length > limit)
    return { type: 'matrix', series: result.series.slice(0, limit) };
  return result;
}

function countPoints(result: Result): number {
  if (result.type === 'string') return 1;
  if (result.type === 'scalar') return result.values.length;
  let points = 0;
  for (const { values } of result.series) points += values.length;
  return points;
}
