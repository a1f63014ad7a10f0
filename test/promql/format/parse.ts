import type { Labels } from '@/lib/model/labels';
import { parseNumber } from '@/lib/read/promql/syntax/literals';
import { parseQuery } from '@/lib/read/promql/syntax/parse';
import { type CaseValue, parseValues } from './values';

/** A series and its values, as they are loaded or expected. */
export interface CaseSeries {
  labels: Labels;
  values: CaseValue[];
}

export interface LoadCommand {
  kind: 'load';
  stepMs: number;
  series: CaseSeries[];
  /** Whether native histograms are to be made of the classic ones, too. */
  withNative: boolean;
}

export interface EvalCommand {
  kind: 'eval';
  line: number;
  query: string;
  /** Epoch ms; a step of 0: an instant query. */
  start: number;
  end: number;
  step: number;
  fails: boolean;
  isOrdered: boolean;
  /** A string or a number by itself. */
  literal: string | number | null;
  /** For a range vector, the times of what is expected, epoch ms. */
  window: { start: number; step: number } | null;
  series: CaseSeries[];
}

export type Command = { kind: 'clear' } | LoadCommand | EvalCommand;

/** Reads a file of Prometheus' language for tests of PromQL (promql/promqltest/README.md in its repository). */
export function parseCases(text: string): Command[] {
  const commands: Command[] = [];
  for (const { head, line, body } of blocksOf(text)) {
    if (/^clear$/.test(head)) commands.push({ kind: 'clear' });
    else if (head.startsWith('load')) commands.push(loadOf(head, body));
    else if (head.startsWith('eval')) commands.push(evalOf(head, line, body));
    else throw new Error(`line ${line}: ${head}`);
  }
  return commands;
}

interface Block {
  head: string;
  line: number;
  body: string[];
}

/** A command begins a block; blank lines and the next command end it. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') open = null;
    if (line === '' || line.startsWith('#')) continue;
    if (/^(load(_\w+)?\s|clear$|eval(_\w+)?\s)/.test(line)) {
      open = { head: line, line: i + 1, body: [] };
      blocks.push(open);
    } else open?.body.push(line);
  }
  return blocks;
}

function loadOf(head: string, body: readonly string[]): LoadCommand {
  const [command, step] = head.split(/\s+/);
  return {
    kind: 'load',
    stepMs: msOf(step),
    series: body.map(seriesOf),
    withNative: command.includes('nhcb'),
  };
}

const INSTANT = /^eval(_\w+)?\s+instant\s+at\s+(\S+)\s+(.*)$/;
const RANGE = /^eval(_\w+)?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.*)$/;

function evalOf(head: string, line: number, body: readonly string[]): EvalCommand {
  const instant = INSTANT.exec(head);
  const range = RANGE.exec(head);
  if (!instant && !range) throw new Error(`line ${line}: ${head}`);
  const [suffix, times, query] = instant
    ? [instant[1], [msOf(instant[2]), msOf(instant[2]), 0], instant[3]]
    : [range![1], [msOf(range![2]), msOf(range![3]), msOf(range![4])], range![5]];
  const command: EvalCommand = {
    kind: 'eval',
    line,
    query,
    start: times[0],
    end: times[1],
    step: times[2],
    fails: suffix === '_fail',
    isOrdered: suffix === '_ordered',
    literal: null,
    window: null,
    series: [],
  };
  for (const text of body) readExpectation(text, command);
  return command;
}

function readExpectation(text: string, command: EvalCommand): void {
  const [, what, rest = ''] = /^expect\s+(fail|ordered|string|range|\w+)\s*(.*)$/.exec(text) ?? [];
  if (what === 'fail' || text.startsWith('expected_fail')) command.fails = true;
  else if (what === 'ordered') command.isOrdered = true;
  else if (what === 'string') command.literal = rest.slice(1, -1);
  else if (what === 'range') {
    const times = /from\s+(\S+)\s+to\s+\S+\s+step\s+(\S+)/.exec(rest)!;
    command.window = { start: msOf(times[1]), step: msOf(times[2]) };
  } else if (what !== undefined) return;
  else if (/^[+-]?[\d.]|^[+-]?(inf|nan)\b/i.test(text)) command.literal = Number(parseValues(text)[0]);
  else if (/^["'`]/.test(text)) command.literal = text.slice(1, -1);
  else command.series.push(seriesOf(text));
}

function seriesOf(text: string): CaseSeries {
  const end = endOfSelector(text);
  const selector = text.slice(0, end).trim();
  return { labels: labelsOf(selector), values: parseValues(text.slice(end)) };
}

function endOfSelector(text: string): number {
  const name = /^[\w:]*/.exec(text)![0].length;
  if (text[name] !== '{' || text[name + 1] === '{') return name;
  const braces = /^\{(?:[^"'`}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\}/.exec(text.slice(name));
  return name + braces![0].length;
}

function labelsOf(selector: string): Labels {
  if (selector === '{}') return {};
  const expr = parseQuery(selector);
  if (expr.kind !== 'selector') throw new Error(`no series: ${selector}`);
  return Object.fromEntries(
    expr.matchers.filter(({ value }) => value !== '').map(({ label, value }) => [label, value]),
  );
}

function msOf(text: string): number {
  const seconds = parseNumber(text);
  if (seconds === null) throw new Error(`no time: ${text}`);
  return Math.round(seconds * 1_000);
}
