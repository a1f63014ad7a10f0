import type { Matcher } from '../../../model/labels';
import type { PausableWork } from '../../../runtime/work/work';
import type { Expr } from '../syntax/ast';
import type { Grid, SampleSeries, VectorSeries } from './series';

/** Where samples come from. */
export interface SampleSource {
  /** The series that all matchers match, in Prometheus' order, with their samples of `(after, until]`, epoch ms. */
  select(matchers: readonly Matcher[], after: number, until: number): Promise<SampleSeries[]>;
  /** What a regular expression captures in each text as a whole: null where it does not match. */
  capture(expression: string, texts: readonly string[]): Promise<Captures[]>;
}

/** What an expression's groups matched, by number and by name; null: no match. */
export type Captures = { numbered: string[]; named: Readonly<Record<string, string>> } | null;

/** What one evaluation has. */
export interface Context {
  readonly source: SampleSource;
  readonly work: PausableWork;
  /** The range that is asked for, which `@ start()` and `@ end()` mean, epoch ms. */
  readonly range: { start: number; end: number };
  /** How long a series has its last value, unless it ends, ms. */
  readonly lookbackMs: number;
  /** Counts values that are about to be made. @throws PromqlError `execution` when they are too many */
  reserve(values: number): void;
  /** Says something about the answer, once. */
  note(note: string): void;
}

/** Series over a stretch of time that moves with the steps. */
export interface Ranges {
  readonly series: readonly SampleSeries[];
  /** The stretch of a step, epoch ms: `(end - length, end]`. */
  readonly length: number;
  endOf(k: number): number;
  /** Whether it is the same for every step. */
  readonly isFixed: boolean;
}

/** Evaluates the parts of an expression. */
export interface Evaluator {
  readonly context: Context;
  scalar(expr: Expr, grid: Grid): Promise<Float64Array>;
  vector(expr: Expr, grid: Grid): Promise<VectorSeries[]>;
  ranges(expr: Expr, grid: Grid): Promise<Ranges>;
}

/** Lets others have their turn, where it is time. */
export async function breathe({ work }: Pick<Context, 'work'>): Promise<void> {
  if (work.isDue('evaluate')) await work.pause();
}
