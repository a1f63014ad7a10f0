import { unitOf } from '../../model/format';
import type { GroupPoints, Point } from '../../model/points';
import { type PromqlRange, rangeOfPromql } from '../../model/promql-range';
import type {
  PromqlAnswer,
  PromqlBuilder,
  PromqlMeaning,
  PromqlProblem,
  PromqlQuestion,
} from '../../model/wire/promql';
import { PromqlError } from '../../read/promql/errors';
import type { Result } from '../../read/promql/evaluate/evaluate';
import { type Grid, timeOf } from '../../read/promql/evaluate/series';
import { builderOf, isOfWholeRange, measuredBy } from '../../read/promql/meaning';
import type { Expr } from '../../read/promql/syntax/ast';
import { typeOf } from '../../read/promql/syntax/check';
import { parseQuery } from '../../read/promql/syntax/parse';
import type { Work } from '../../runtime/work/work';
import { rootOfProcess } from '../../system/process';
import { toPulseError } from '../http';
import { pageWork } from '../panel-history';
import { evaluateRange, MOST_STEPS, type QuerySystem } from './query';

/**
 * Answers the expression of a page, with at most so many lines; for server components. Never rejects: problems are
 * values, because an error thrown on the server reaches a browser without its message.
 */
export async function readPromql(question: PromqlQuestion, mostLines: number): Promise<PromqlAnswer> {
  try {
    const system = await rootOfProcess().system();
    return await pageWork().run((work) => answer(question, mostLines, work, system));
  } catch (error) {
    if (error instanceof PromqlError)
      return { kind: 'problem', message: error.message, place: error.span ?? null };
    return problem(toPulseError(error).message);
  }
}

/** What the controls can ask of an expression's first metric; null where it has none, or is none. */
export function readBuilder(query: string): PromqlBuilder | null {
  try {
    return builderOf(parseQuery(query));
  } catch (error) {
    if (error instanceof PromqlError) return null;
    throw error;
  }
}

async function answer(
  question: PromqlQuestion,
  mostLines: number,
  work: Work,
  system: QuerySystem,
): Promise<PromqlAnswer> {
  const asOf = Date.now();
  const expr = parseQuery(question.query);
  if (expr.kind === 'string') return { kind: 'text', text: expr.value };
  if (typeOf(expr) === 'matrix')
    return {
      kind: 'problem',
      message:
        'A range of samples cannot be drawn: put it into a function, such as rate(…) or avg_over_time(…).',
      place: { from: expr.from, to: expr.to },
    };
  const range = rangeOfPromql(question, asOf);
  if (typeof range === 'string') return problem(range);
  const grid = gridOf(range);
  if (grid.count > MOST_STEPS)
    return problem(`This step makes ${grid.count} points of this range, ${MOST_STEPS} are the limit.`);
  const { result, notes } = await evaluateRange(expr, grid, work, system);
  const series = linesOf(result, grid, mostLines);
  const shown = series.slice(0, mostLines);
  for (const { points } of shown) work.addPoints(points.length);
  return {
    kind: 'series',
    ...range,
    series: shown,
    isCut: series.length > mostLines,
    notes,
    asOf,
    meaning: meaningOf(expr, system),
  };
}

function problem(message: string): PromqlProblem {
  return { kind: 'problem', message, place: null };
}

function gridOf({ start, end, step }: PromqlRange): Grid {
  return { start, step, count: Math.round((end - start) / step) + 1 };
}

function linesOf(result: Result, grid: Grid, most: number): GroupPoints[] {
  if (result.type === 'scalar') return [{ labels: {}, points: pointsOf(result.values, grid, () => true) }];
  if (result.type !== 'vector') return [];
  const lines: GroupPoints[] = [];
  for (const { labels, values, has } of result.series) {
    // One more says that there are more.
    if (lines.length > most) break;
    const points = pointsOf(values, grid, (k) => has[k] === 1);
    if (points.length > 0) lines.push({ labels, points });
  }
  return lines;
}

function pointsOf(values: Float64Array, grid: Grid, has: (k: number) => boolean): Point[] {
  const points: Point[] = [];
  for (let k = 0; k < grid.count; k++)
    if (has(k) && Number.isFinite(values[k])) points.push([timeOf(grid, k), values[k]]);
  return points;
}

function meaningOf(expr: Expr, { registry }: QuerySystem): PromqlMeaning {
  const measured = measuredBy(expr);
  const declared = measured ? registry.metrics.get(measured.metric)?.unit : undefined;
  return {
    unit: unitOf(measured?.metric ?? '', declared, measured?.isPerSecond ? 'rate' : 'avg'),
    isOfWholeRange: isOfWholeRange(expr),
  };
}
