import type { Labels } from '@/lib/model/labels';
import { labelsKey } from '@/lib/model/labels';
import { evaluate, type Result } from '@/lib/read/promql/evaluate/evaluate';
import { formatLabels, timeOf } from '@/lib/read/promql/evaluate/series';
import { StoredSamples } from '@/lib/read/promql/source';
import { parseQuery } from '@/lib/read/promql/syntax/parse';
import type { Scheduler } from '@/lib/runtime/work/scheduler';
import { Work } from '@/lib/runtime/work/work';
import { type CaseSeries, type EvalCommand, parseCases } from './parse';
import type { CaseValue } from './values';
import { CaseWorld } from './world';

/** What became of a case: it has the right answer; a wrong one; or it is about native histograms. */
export interface Outcome {
  command: EvalCommand;
  /** Null: right. */
  problem: string | null;
  isNative: boolean;
}

/** Runs the cases of a file. */
export async function runCases(text: string, scheduler: Scheduler): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let world = new CaseWorld();
  for (const command of parseCases(text)) {
    if (command.kind === 'clear') world = new CaseWorld();
    else if (command.kind === 'load') world.load(command);
    else
      outcomes.push({
        command,
        problem: await problemWith(command, world, scheduler),
        isNative: isAboutNative(command, world),
      });
  }
  return outcomes;
}

function isAboutNative({ query, series }: EvalCommand, world: CaseWorld): boolean {
  if (series.some(({ values }) => values.includes('histogram'))) return true;
  return world.native.some(
    ({ __name__: name }) => name !== undefined && new RegExp(`\\b${name}\\b`).test(query),
  );
}

async function problemWith(
  command: EvalCommand,
  world: CaseWorld,
  scheduler: Scheduler,
): Promise<string | null> {
  try {
    const result = await answer(command, world, scheduler);
    return command.fails ? 'should have failed' : difference(command, result);
  } catch (error) {
    return command.fails ? null : String(error);
  }
}

async function answer({ query, start, end, step }: EvalCommand, world: CaseWorld, scheduler: Scheduler) {
  const expr = parseQuery(query);
  const work = new Work(scheduler, { budgetMs: 60_000, matchBudgetMs: 60_000 });
  const source = new StoredSamples({ registry: world.registry, columns: world, work });
  const grid =
    step === 0 ? { start, step: 1, count: 1 } : { start, step, count: Math.floor((end - start) / step) + 1 };
  const { result } = await work.run(() => evaluate(expr, grid, { source, work }));
  return { result, grid };
}

type Answer = Awaited<ReturnType<typeof answer>>;

function difference(command: EvalCommand, { result, grid }: Answer): string | null {
  if (result.type === 'string') return result.value === command.literal ? null : `is ${result.value}`;
  if (result.type === 'scalar' && grid.count === 1 && command.step === 0)
    return isAlmost(result.values[0], Number(command.literal)) ? null : `is ${result.values[0]}`;
  if (result.type === 'matrix') return compareSeries(windowsOf(result, command), command);
  const found: CaseSeries[] =
    result.type === 'scalar'
      ? [{ labels: {}, values: [...result.values] }]
      : result.series.map(({ labels, values, has }) => ({
          labels,
          values: [...values].map((value, k) => (has[k] ? value : null)),
        }));
  return compareSeries(found, command);
}

/** The samples of a range vector, at the times that are expected. */
function windowsOf(
  { series }: Extract<Result, { type: 'matrix' }>,
  { window, start, step }: EvalCommand,
): CaseSeries[] {
  const grid = { start: window?.start ?? start, step: window?.step ?? Math.max(1, step), count: 0 };
  return series.map(({ labels, timestamps, values }) => {
    const found: CaseValue[] = [];
    for (let k = 0, i = 0; i < timestamps.length; k++)
      found.push(timestamps[i] <= timeOf(grid, k) ? values[i++] : null);
    return { labels, values: found };
  });
}

function compareSeries(found: readonly CaseSeries[], { series, isOrdered }: EvalCommand): string | null {
  const expected = series.filter(({ values }) => values.some((value) => value !== null));
  const present = found.filter(({ values }) => values.some((value) => value !== null));
  const byKey = new Map(present.map((each) => [keyOf(each.labels), each]));
  if (byKey.size !== present.length) return 'has series twice';
  for (const [i, { labels, values }] of expected.entries()) {
    const own = isOrdered ? present[i] : byKey.get(keyOf(labels));
    if (!own || keyOf(own.labels) !== keyOf(labels))
      return `lacks ${formatLabels(labels)} ${describe(present)}`;
    const length = Math.max(values.length, own.values.length);
    for (let k = 0; k < length; k++)
      if (!isSame(own.values[k] ?? null, values[k] ?? null))
        return `has ${own.values[k]} and not ${values[k]} at step ${k} of ${formatLabels(labels)}`;
  }
  return present.length === expected.length ? null : `has too many: ${describe(present)}`;
}

function keyOf(labels: Labels): string {
  return labelsKey(labels);
}

function describe(series: readonly CaseSeries[]): string {
  return series.map(({ labels }) => formatLabels(labels)).join(' ');
}

function isSame(a: CaseValue, b: CaseValue): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return isAlmost(a, b);
}

/** As near as Prometheus' own runner asks for. */
function isAlmost(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= 1e-6 * Math.min(Math.abs(a) + Math.abs(b), Number.MAX_VALUE);
}
