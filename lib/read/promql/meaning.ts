import type { Matcher } from '../../model/labels';
import { LABEL_NAME } from '../../model/labels';
import { formatSelector, NAME_LABEL } from '../../model/selector';
import type { PromqlBuilder } from '../../model/wire/promql';
import { COMPARISONS, type Expr, type Selector } from './syntax/ast';

/** Whose values an expression's are, as far as it can be said; null: nobody's. */
export interface Measured {
  metric: string;
  isPerSecond: boolean;
}

const PER_SECOND: ReadonlySet<string> = new Set(['rate', 'irate', 'deriv']);
const OTHER_VALUES =
  /^(count|present|absent|stdvar|ts_of_\w+)_over_time$|^(absent|changes|resets|timestamp|time|vector|scalar|exp|ln|log2|log10|sqrt|sgn|pi|deg|rad|a?(sin|cos|tan)h?|minute|hour|year|month|day_\w+|days_\w+)$/;
const KEEPING: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'topk',
  'bottomk',
  'quantile',
  'stddev',
]);

/** What the values of an expression measure, where every part of it agrees. */
export function measuredBy(expr: Expr): Measured | null {
  switch (expr.kind) {
    case 'selector': {
      const metric = nameOf(expr);
      return metric === null ? null : { metric, isPerSecond: false };
    }
    case 'range':
      return measuredBy(expr.selector);
    case 'subquery':
    case 'negation':
      return measuredBy(expr.expr);
    case 'aggregation':
      return KEEPING.has(expr.operator) ? measuredBy(expr.expr) : null;
    case 'call':
      return ofCall(expr);
    case 'binary': {
      if (expr.isBool) return null;
      const [left, right] = [measuredBy(expr.left), measuredBy(expr.right)];
      if (COMPARISONS.has(expr.operator)) return left ?? right;
      const isSame = left?.metric === right?.metric && left?.isPerSecond === right?.isPerSecond;
      return isSame && ['+', '-', 'and', 'or', 'unless'].includes(expr.operator) ? left : null;
    }
    default:
      return null;
  }
}

function ofCall({ name, args }: Extract<Expr, { kind: 'call' }>): Measured | null {
  if (OTHER_VALUES.test(name)) return null;
  const of = args.map(measuredBy).find((measured) => measured !== null) ?? null;
  if (of === null) return null;
  if (name === 'histogram_quantile') return { metric: of.metric.replace(/_bucket$/, ''), isPerSecond: false };
  return PER_SECOND.has(name) ? { ...of, isPerSecond: true } : of;
}

/** Whether a step's value depends on the ends of the range that is asked for. */
export function isOfWholeRange(expr: Expr): boolean {
  if ('at' in expr && typeof expr.at === 'string') return true;
  return partsOf(expr).some(isOfWholeRange);
}

/** The first metric of an expression, with what it selects of it and groups it by; null: it names none. */
export function builderOf(expr: Expr, by: readonly string[] = []): PromqlBuilder | null {
  if (expr.kind === 'selector') {
    const metric = nameOf(expr);
    if (metric === null) return null;
    const others: Matcher[] = expr.matchers.filter(
      ({ label }) => LABEL_NAME.test(label) && label !== NAME_LABEL,
    );
    return { metric, match: formatSelector(others), by: by.join() };
  }
  const grouped =
    expr.kind === 'aggregation' && !expr.isWithout
      ? expr.labels.filter((label) => LABEL_NAME.test(label))
      : by;
  for (const part of partsOf(expr)) {
    const found = builderOf(part, grouped);
    if (found) return found;
  }
  return null;
}

function nameOf({ matchers }: Selector): string | null {
  return matchers.find(({ label, operator }) => label === NAME_LABEL && operator === '=')?.value ?? null;
}

function partsOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'range':
      return [expr.selector];
    case 'subquery':
    case 'negation':
      return [expr.expr];
    case 'aggregation':
      return [...(expr.param ? [expr.param] : []), expr.expr];
    case 'call':
      return expr.args;
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [];
  }
}
