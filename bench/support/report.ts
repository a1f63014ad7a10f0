import { cpus, release, totalmem, type } from 'node:os';
import { median } from './median';

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export interface Row {
  /** What was measured. */
  what: string;
  value: string;
  /** What it should be at most or at least; absent for what is only of interest. */
  goal?: string;
  isMet?: boolean;
}

export function whole(value: number): string {
  return WHOLE.format(value);
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}

/** A figure without a goal. */
export function row(what: string, value: string): Row {
  return { what, value };
}

export function atLeast(what: string, value: number, goal: number, unit: string): Row {
  return { what, value: `${whole(value)} ${unit}`, goal: `≥ ${whole(goal)} ${unit}`, isMet: value >= goal };
}

export function below(what: string, ms: number, goalMs: number): Row {
  return { what, value: milliseconds(ms), goal: `< ${milliseconds(goalMs)}`, isMet: ms < goalMs };
}

/** The median time of answers of `bytes`, with a goal unless it is null. */
export function answerTimes(
  what: string,
  times: readonly number[],
  bytes: number,
  goalMs: number | null,
): Row {
  const ms = median(times);
  const note = `${what} (${whole(bytes / 1_024)} KiB; slowest ${milliseconds(Math.max(...times))})`;
  return goalMs === null ? row(note, milliseconds(ms)) : below(note, ms, goalMs);
}

/** The machine, for the head of a table: figures mean nothing without it. */
function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node.js ${process.version}`;
}

/** Prints rows as a Markdown table, ready for bench/README.md; a missed goal makes the process end with 1. */
export function printTable(title: string, rows: readonly Row[]): void {
  console.log(`\n### ${title}, ${new Date().toISOString().slice(0, 10)}\n${describeMachine()}\n`);
  console.log('| what | measured | goal |\n| --- | --- | --- |');
  for (const { what, value, goal, isMet } of rows) {
    console.log(`| ${what} | ${value} | ${goal ? `${goal} ${isMet ? '✓' : '✗'}` : ''} |`);
  }
  if (rows.some(({ isMet }) => isMet === false)) process.exitCode = 1;
}
