import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { parseError, type Span } from '../errors';
import type { Aggregation, Binary, Call, Expr, Matching, TimeShift } from './ast';
import { checkTypes } from './check';
import { checkSyntax, MAX_DEPTH, unexpectedAt } from './check-syntax';
import { parseNumber, parseSpanMs } from './literals';
import { SelectorReader } from './selectors';
import { AGGREGATIONS, PARAMETER_OF, SIGNATURES } from './signatures';
import { readable } from './tokens';

/** Queries are read in one go. Long are those that list what a regular expression may match: one token. */
const MAX_LENGTH = 32_768;

/** Nodes of the grammar that are experimental in Prometheus, or about what is not stored here. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  AnchoredExpr: 'the modifier "anchored"',
  SmoothedExpr: 'the modifier "smoothed"',
  FillModifier: 'the modifier "fill"',
};

/**
 * PromQL → its tree, with types checked.
 * @throws PromqlError `bad_data` with the place in the text
 */
export function parseQuery(text: string): Expr {
  if (text.trim() === '')
    throw parseError(text, { from: 0, to: text.length }, 'no expression found in input');
  if (text.length > MAX_LENGTH)
    throw parseError(text, { from: MAX_LENGTH, to: text.length }, `more than ${MAX_LENGTH} characters`);
  const tree = parser.parse(readable(text));
  const reader = new Reader(text);
  checkSyntax(tree, text);
  const root = tree.topNode.firstChild;
  if (!root) throw parseError(text, { from: 0, to: text.length }, 'no expression found in input');
  const expr = reader.expr(root);
  checkTypes(expr, text);
  return expr;
}

class Reader {
  private depth = 0;
  /** Expressions in parentheses. */
  private readonly grouped = new WeakSet<Expr>();
  private readonly selectors: SelectorReader;

  constructor(private readonly text: string) {
    this.selectors = new SelectorReader(text);
  }

  expr(node: SyntaxNode): Expr {
    if (++this.depth > MAX_DEPTH) this.failAt(node, 'the expression is nested too deeply');
    const expr = this.read(node);
    this.depth--;
    return expr;
  }

  private read(node: SyntaxNode): Expr {
    const { from, to, name } = node;
    switch (name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.number(node), from, to };
      case 'StringLiteral':
        return { kind: 'string', value: this.selectors.string(node), from, to };
      case 'ParenExpr':
        return this.group(node);
      case 'UnaryExpr':
        return this.unary(node);
      case 'VectorSelector':
        return this.selectors.selector(node);
      case 'MatrixSelector':
        return this.range(node);
      case 'SubqueryExpr':
        return this.subquery(node);
      case 'OffsetExpr':
        return this.offset(node);
      case 'StepInvariantExpr':
        return this.at(node);
      case 'FunctionCall':
        return this.call(node);
      case 'AggregateExpr':
        return this.aggregation(node);
      case 'BinaryExpr':
        return this.binary(node);
      default:
        return this.failAt(node, `not supported here: ${UNSUPPORTED[name] ?? JSON.stringify(this.of(node))}`);
    }
  }

  private group(node: SyntaxNode): Expr {
    const expr = { ...this.expr(this.inner(node)), from: node.from, to: node.to };
    this.grouped.add(expr);
    return expr;
  }

  private unary(node: SyntaxNode): Expr {
    return this.signed(node, this.expr(this.inner(node)));
  }

  /** What a sign before an expression makes of it. */
  private signed(node: SyntaxNode, expr: Expr): Expr {
    const { from, to } = node;
    if (this.of(node).startsWith('+')) return { ...expr, from, to };
    if (expr.kind === 'number') return { ...expr, value: -expr.value, from, to };
    return { kind: 'negation', expr, from, to };
  }

  /**
   * Applies what follows an expression. It binds closer than any operator, other than in the grammar: `-x offset 1h` is
   * `-(x offset 1h)`, and `a + b offset 1h` shifts b alone.
   */
  private postfix(node: SyntaxNode, apply: (operand: Expr) => Expr): Expr {
    const descend = (expr: Expr): Expr => {
      if (this.grouped.has(expr)) return apply(expr);
      if (expr.kind === 'negation') return { ...expr, expr: descend(expr.expr), to: node.to };
      if (expr.kind === 'binary') return { ...expr, right: descend(expr.right), to: node.to };
      return apply(expr);
    };
    return descend(this.expr(this.inner(node)));
  }

  private range(node: SyntaxNode): Expr {
    const rangeMs = this.durationOf(node.getChild('DurationExpr')!, 'range');
    return this.postfix(node, (operand) => {
      if (operand.kind !== 'selector' || this.grouped.has(operand))
        return this.failAt(operand, 'ranges only allowed for vector selectors');
      if (operand.offsetMs !== 0) this.failAt(operand, 'no offset modifiers allowed before range');
      if (operand.at !== null) this.failAt(operand, 'no @ modifiers allowed before range');
      return { kind: 'range', selector: operand, rangeMs, from: operand.from, to: node.to };
    });
  }

  private subquery(node: SyntaxNode): Expr {
    const [range, step] = node.getChildren('DurationExpr');
    const rangeMs = this.durationOf(range, 'range');
    const stepMs = step ? this.durationOf(step, 'step') : null;
    return this.postfix(node, (expr) => ({
      kind: 'subquery',
      expr,
      rangeMs,
      stepMs,
      offsetMs: 0,
      at: null,
      from: expr.from,
      to: node.to,
    }));
  }

  private offset(node: SyntaxNode): Expr {
    const offsetMs = this.signedDuration(node.getChild('OffsetDurationExpr')!);
    return this.shift(node, 'offset modifier', (shifted) => {
      if (shifted.offsetMs !== 0) this.failAt(node, 'offset may not be set multiple times');
      return { offsetMs };
    });
  }

  private at(node: SyntaxNode): Expr {
    const moment = node.getChild('AtModifierPreprocessors');
    const at = moment
      ? this.of(moment).startsWith('start')
        ? 'start'
        : 'end'
      : this.moment(node.lastChild!);
    return this.shift(node, '@ modifier', (shifted) => {
      if (shifted.at !== null) this.failAt(node, '@ <timestamp> may not be set multiple times');
      return { at };
    });
  }

  private moment(node: SyntaxNode): number {
    const seconds = this.number(node);
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63 / 1_000)
      this.failAt(node, `timestamp out of bounds for @ modifier: ${seconds}`);
    return Math.round(seconds * 1_000);
  }

  private shift(node: SyntaxNode, what: string, change: (now: TimeShift) => Partial<TimeShift>): Expr {
    const { to } = node;
    return this.postfix(node, (operand) => {
      const isGrouped = this.grouped.has(operand);
      if (!isGrouped && operand.kind === 'range')
        return { ...operand, selector: { ...operand.selector, ...change(operand.selector) }, to };
      if (!isGrouped && (operand.kind === 'selector' || operand.kind === 'subquery'))
        return { ...operand, ...change(operand), to };
      return this.failAt(
        operand,
        `${what} must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    });
  }

  private call(node: SyntaxNode): Call {
    const identifier = node.getChild('FunctionIdentifier')!;
    const name = this.of(identifier);
    if (!SIGNATURES.has(name))
      this.failAt(identifier, `function ${JSON.stringify(name)} is not supported here`);
    const args = this.args(node);
    return { kind: 'call', name, args, from: node.from, to: node.to };
  }

  private args(node: SyntaxNode): Expr[] {
    return (node.getChild('FunctionCallBody')?.getChildren('Expr') ?? []).map((arg) => this.expr(arg));
  }

  private aggregation(node: SyntaxNode): Aggregation {
    const { from, to } = node;
    const operator = this.of(node.getChild('AggregateOp')!).toLowerCase();
    if (!AGGREGATIONS.has(operator))
      this.failAt(node, `aggregation ${JSON.stringify(operator)} is not supported here`);
    const args = this.args(node);
    const modifier = node.getChild('AggregateModifier');
    const expected = Object.hasOwn(PARAMETER_OF, operator) ? 2 : 1;
    if (args.length !== expected)
      this.failAt(
        node,
        args.length === 0
          ? 'no arguments for aggregate expression provided'
          : `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
      );
    return {
      kind: 'aggregation',
      operator,
      expr: args[expected - 1],
      param: expected === 2 ? args[0] : null,
      labels: modifier ? this.selectors.labelNames(modifier.getChild('GroupingLabels')!) : [],
      isWithout: modifier?.getChild('Without') != null,
      from,
      to,
    };
  }

  private binary(node: SyntaxNode): Expr {
    const { from, to } = node;
    const [left, right] = node.getChildren('Expr');
    const unsupported = node.getChild('FillModifier');
    if (unsupported) this.failAt(unsupported, `not supported here: ${UNSUPPORTED.FillModifier}`);
    const operator = this.of(left.nextSibling!).toLowerCase();
    if (operator === '</' || operator === '>/')
      this.failAt(node, `not supported here: the operator ${operator}`);
    const base = this.expr(left);
    const binary: Binary = {
      kind: 'binary',
      operator,
      left: base,
      right: this.expr(right),
      isBool: node.getChild('BoolModifier') !== null,
      matching: this.matching(node.getChild('MatchingModifierClause')),
      from,
      to,
    };
    // A power binds closer than a sign before it; the grammar takes the sign of a number for a part of it.
    if (operator !== '^' || base.kind !== 'number' || !/^[-+]/.test(this.of(left))) return binary;
    return this.signed(node, { ...binary, left: { ...base, value: Math.abs(base.value) } });
  }

  private matching(node: SyntaxNode | null): Matching {
    const [labels, include] = node?.getChildren('GroupingLabels') ?? [];
    const many = node?.getChild('GroupLeft') ? 'many-to-one' : node?.getChild('GroupRight') && 'one-to-many';
    return {
      cardinality: many || 'one-to-one',
      isOn: node?.getChild('On') != null,
      labels: labels ? this.selectors.labelNames(labels) : [],
      include: include ? this.selectors.labelNames(include) : [],
    };
  }

  /** The expression inside of another. */
  private inner(node: SyntaxNode): SyntaxNode {
    return node.getChild('Expr') ?? this.failAt(node, unexpectedAt(this.text, node.from));
  }

  private number(node: SyntaxNode): number {
    return parseNumber(this.of(node)) ?? this.failAt(node, `bad number: ${this.of(node)}`);
  }

  private durationOf(node: SyntaxNode, what: string): number {
    const ms = this.signedDuration(node);
    if (ms <= 0) this.failAt(node, `duration of a ${what} must be greater than 0`);
    return ms;
  }

  private signedDuration(node: SyntaxNode): number {
    const ms = parseSpanMs(this.of(node));
    if (ms === null)
      return this.failAt(node, `bad duration, arithmetic is not supported here: ${this.of(node)}`);
    if (Math.abs(ms) > Number.MAX_SAFE_INTEGER) this.failAt(node, 'duration out of range');
    return ms;
  }

  private of({ from, to }: Span): string {
    return this.text.slice(from, to);
  }

  private failAt({ from, to }: Span, problem: string): never {
    throw parseError(this.text, { from, to }, problem);
  }
}
