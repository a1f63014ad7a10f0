import { RE2JS } from 're2js';
import { PulseError } from '../errors';
import type { Labels, Matcher } from '../model';
import { NAME_LABEL } from './selector';

/** Instructions a compiled expression may have; a list of some hundred hosts stays below. */
const MAX_PROGRAM_SIZE = 5_000;
const DEFAULT_BUDGET_MS = 1_000;

interface MatcherOptions {
  /** Time the expressions of one selector may take altogether, ms. */
  budgetMs?: number;
  /** A clock in ms. */
  clock?: () => number;
}

/**
 * Matchers → a test of labels, with Prometheus' semantics: a missing label is the empty string, an expression
 * must match the whole value, and all matchers must hold. `__name__` stands for the metric.
 *
 * Expressions are RE2's, as in Prometheus, and run by a port of it: linear in the value, so no pattern hangs
 * the process as a backtracking engine would. Linear can still be slow (2 ms for the worst pattern on the longest
 * value), hence each distinct value is tried once and all of them share a budget.
 *
 * @throws PulseError `bad_parameter` for a wrong expression; the test throws `too_expensive` when the budget is spent.
 */
export function compileMatchers(
  matchers: readonly Matcher[],
  { budgetMs = DEFAULT_BUDGET_MS, clock = () => performance.now() }: MatcherOptions = {},
): (labels: Labels, metric?: string) => boolean {
  let leftMs = budgetMs;
  const timed = (test: (value: string) => boolean) => (value: string) => {
    if (leftMs <= 0)
      throw new PulseError('too_expensive', 'match: the expression is too slow; write a simpler one.');
    const startedAt = clock();
    const verdict = test(value);
    leftMs -= clock() - startedAt;
    return verdict;
  };
  const tests = matchers.map((matcher) => ({ label: matcher.label, holds: compileMatcher(matcher, timed) }));
  return (labels, metric = '') =>
    tests.every(({ label, holds }) =>
      holds(label === NAME_LABEL ? metric : Object.hasOwn(labels, label) ? labels[label] : ''),
    );
}

type Test = (value: string) => boolean;

function compileMatcher({ label, operator, value }: Matcher, timed: (test: Test) => Test): Test {
  if (operator === '=') return (given) => given === value;
  if (operator === '!=') return (given) => given !== value;
  const matches = literals(value) ?? memoised(timed(compileExpression(label, value)));
  return operator === '=~' ? matches : (given) => !matches(given);
}

/** `web-1|web-2\.eu|db-1`, what a filter of chosen values sends, is a set. */
function literals(expression: string): Test | null {
  if (!/^(?:[\w |:/@-]|\\[.-])*$/.test(expression)) return null;
  const values = new Set(expression.split('|').map((value) => value.replaceAll('\\', '')));
  return (given) => values.has(given);
}

function compileExpression(label: string, expression: string): Test {
  let compiled: RE2JS;
  try {
    // As Prometheus 3 does: the dot matches every character.
    compiled = RE2JS.compile(expression, RE2JS.DOTALL);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PulseError('bad_parameter', `match: the expression for ${label} is not RE2: ${reason}.`, {
      cause,
    });
  }
  if (compiled.programSize() > MAX_PROGRAM_SIZE)
    throw new PulseError('bad_parameter', `match: the expression for ${label} is too large.`);
  return (given) => compiled.testExact(given);
}

function memoised(test: Test): Test {
  const verdicts = new Map<string, boolean>();
  return (value) => {
    let verdict = verdicts.get(value);
    if (verdict === undefined) {
      verdict = test(value);
      verdicts.set(value, verdict);
    }
    return verdict;
  };
}
