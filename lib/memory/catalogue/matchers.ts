import { PulseError } from '../../model/errors';
import type { Labels, Matcher } from '../../model/labels';
import { NAME_LABEL } from '../../model/selector';
import type { Verdicts } from '../../runtime/expressions';
import type { MatchingWork } from '../../runtime/work/work';

/** Items that are tested without a pause: about a millisecond with few matchers, a few with very many. */
const CHUNK = 512;

type Test = (value: string) => boolean;

/** What matchers are tested on: a series has a metric, a host has none. */
export interface Selectable {
  readonly labels: Labels;
  readonly metric?: { readonly name: string };
}

/** A matcher that is a regular expression. */
type ExpressionMatcher = Matcher & { isNegated: boolean };

/**
 * The items that all matchers match, in their order, in lists; between two lists other requests are served. Prometheus'
 * semantics: a missing label is the empty string, an expression must match the whole value; `__name__` stands for the
 * metric. Expressions are RE2's, as in Prometheus.
 *
 * @throws PulseError `bad_parameter` for a wrong expression, `too_expensive` for one that takes too long.
 */
export async function* selectMatching<Item extends Selectable>(
  items: Iterable<Item>,
  matchers: readonly Matcher[],
  work: MatchingWork,
): AsyncGenerator<Item[]> {
  const { tests, expressions } = compileMatchers(matchers);
  // An invalid expression is refused even when there are no items.
  for (const expression of expressions) await matchValues(expression, [], work);
  for (const chunk of chunksOf(items)) {
    if (work.isDue('match')) await work.pause();
    let found = tests.length === 0 ? chunk : chunk.filter((item) => holdsAll(tests, item));
    for (const expression of expressions) found = await filterBy(expression, found, work);
    if (found.length > 0) yield found;
  }
}

/** A test for all matchers, where none needs the regular expression engine; else null. */
export function simpleTest(matchers: readonly Matcher[]): ((item: Selectable) => boolean) | null {
  const { tests, expressions } = compileMatchers(matchers);
  return expressions.length > 0 ? null : (item) => holdsAll(tests, item);
}

interface LabelTest {
  label: string;
  holds: Test;
}

function compileMatchers(matchers: readonly Matcher[]): {
  tests: LabelTest[];
  expressions: ExpressionMatcher[];
} {
  const tests: LabelTest[] = [];
  const expressions: ExpressionMatcher[] = [];
  for (const matcher of matchers) {
    const holds = compileSimple(matcher);
    if (holds) tests.push({ label: matcher.label, holds });
    else expressions.push({ ...matcher, isNegated: matcher.operator === '!~' });
  }
  return { tests, expressions };
}

function compileSimple({ operator, value }: Matcher): Test | null {
  if (operator === '=') return (given) => given === value;
  if (operator === '!=') return (given) => given !== value;
  const values = literals(value);
  if (!values) return null;
  return operator === '=~' ? (given) => values.has(given) : (given) => !values.has(given);
}

/** `web-1|web-2\.eu|db-1`, as filters of chosen values send, as a set of values. */
function literals(expression: string): Set<string> | null {
  if (!/^(?:[\w |:/@-]|\\[.-])*$/.test(expression)) return null;
  return new Set(expression.split('|').map((value) => value.replaceAll('\\', '')));
}

function holdsAll(tests: readonly LabelTest[], item: Selectable): boolean {
  return tests.every(({ label, holds }) => holds(labelOf(item, label)));
}

function labelOf({ labels, metric }: Selectable, label: string): string {
  if (label === NAME_LABEL) return metric?.name ?? '';
  return Object.hasOwn(labels, label) ? labels[label] : '';
}

async function filterBy<Item extends Selectable>(
  expression: ExpressionMatcher,
  items: Item[],
  work: MatchingWork,
): Promise<Item[]> {
  if (items.length === 0) return items;
  const matched = await matchValues(
    expression,
    items.map((item) => labelOf(item, expression.label)),
    work,
  );
  return items.filter((item) => matched.get(labelOf(item, expression.label)) !== expression.isNegated);
}

/** Whether each distinct value matches. */
async function matchValues(
  { label, value: expression }: ExpressionMatcher,
  values: readonly string[],
  work: MatchingWork,
): Promise<Map<string, boolean>> {
  const distinct = [...new Set(values)];
  const known = new Map<string, boolean>();
  for await (const { verdicts } of tryExpression(label, expression, distinct, work))
    for (const isMatch of verdicts) known.set(distinct[known.size], isMatch);
  return known;
}

/**
 * Tries an expression on values, some at a time, in their order; once where there are none.
 *
 * @param label what the values are of, for errors
 * @throws PulseError `bad_parameter` for a wrong expression, `too_expensive` for one that takes too long.
 */
export async function* tryExpression(
  label: string,
  expression: string,
  values: readonly string[],
  work: MatchingWork,
  options?: { wantsGroups: boolean },
): AsyncGenerator<Verdicts> {
  let tried = 0;
  do {
    const answer = await work.match(expression, values.slice(tried), options);
    if (answer.problem !== undefined)
      throw new PulseError(
        'bad_parameter',
        `match: the expression for ${label} is not RE2, or too much for it: ${answer.problem}.`,
      );
    tried += answer.verdicts.length;
    yield answer;
  } while (tried < values.length);
}

function* chunksOf<Item>(items: Iterable<Item>): Generator<Item[]> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
