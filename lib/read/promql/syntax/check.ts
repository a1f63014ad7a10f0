import { parseError } from '../errors';
import {
  type Binary,
  type Call,
  COMPARISONS,
  type Expr,
  type Negation,
  SET_OPERATORS,
  type ValueType,
} from './ast';
import { PARAMETER_OF, SIGNATURES } from './signatures';

const IN_WORDS: Record<ValueType, string> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** What an expression comes to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'call':
      return SIGNATURES.get(expr.name)!.returns;
    case 'negation':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    default:
      return 'vector';
  }
}

/** Refuses what does not fit together, as Prometheus does. @throws PromqlError `bad_data` */
export function checkTypes(expr: Expr, text: string): void {
  new Checker(text).check(expr);
}

class Checker {
  constructor(private readonly text: string) {}

  check(expr: Expr): void {
    switch (expr.kind) {
      case 'call':
        this.call(expr);
        break;
      case 'binary':
        this.binary(expr);
        break;
      case 'aggregation':
        if (expr.param) this.expect(expr.param, PARAMETER_OF[expr.operator], 'aggregation parameter');
        this.expect(expr.expr, 'vector', 'aggregation expression');
        break;
      case 'negation':
        this.negation(expr);
        break;
      case 'subquery':
        this.check(expr.expr);
        if (typeOf(expr.expr) !== 'vector')
          this.fail(expr, `subquery is only allowed on instant vector, got ${typeOf(expr.expr)} instead`);
    }
  }

  private negation(negation: Negation): void {
    this.check(negation.expr);
    if (isComputable(negation.expr)) return;
    const found = IN_WORDS[typeOf(negation.expr)];
    this.fail(
      negation,
      `unary expression only allowed on expressions of type scalar or instant vector, got "${found}"`,
    );
  }

  private call(expr: Call): void {
    const { name, args } = expr;
    const { args: types, optional } = SIGNATURES.get(name)!;
    const least = types.length - Math.abs(optional);
    if (optional === 0 && args.length !== types.length)
      this.fail(expr, `expected ${types.length} argument(s) in call to "${name}", got ${args.length}`);
    if (args.length < least)
      this.fail(expr, `expected at least ${least} argument(s) in call to "${name}", got ${args.length}`);
    if (optional > 0 && args.length > types.length)
      this.fail(
        expr,
        `expected at most ${types.length} argument(s) in call to "${name}", got ${args.length}`,
      );
    for (const [i, arg] of args.entries())
      this.expect(arg, types[Math.min(i, types.length - 1)], `call to function "${name}"`);
  }

  private binary(expr: Binary): void {
    const { operator, left, right, isBool, matching } = expr;
    this.check(left);
    this.check(right);
    const isComparison = COMPARISONS.has(operator);
    const ofScalars = typeOf(expr) === 'scalar';
    if (isBool && !isComparison) this.fail(expr, 'bool modifier can only be used on comparison operators');
    if (isComparison && !isBool && ofScalars)
      this.fail(expr, 'comparisons between scalars must use BOOL modifier');
    const twice = matching.isOn
      ? matching.labels.find((label) => matching.include.includes(label))
      : undefined;
    if (twice !== undefined)
      this.fail(expr, `label "${twice}" must not occur in ON and GROUP clause at once`);
    for (const side of [left, right])
      if (!isComputable(side))
        this.fail(side, 'binary expression must contain only scalar and instant vector types');
    const ofVectors = typeOf(left) === 'vector' && typeOf(right) === 'vector';
    if (!ofVectors && matching.labels.length > 0)
      this.fail(expr, 'vector matching only allowed between instant vectors');
    if (!SET_OPERATORS.has(operator)) return;
    if (!ofVectors) this.fail(expr, `set operator "${operator}" not allowed in binary scalar expression`);
    if (matching.cardinality !== 'one-to-one')
      this.fail(expr, `no grouping allowed for "${operator}" operation`);
    matching.cardinality = 'many-to-many';
  }

  private expect(expr: Expr, type: ValueType, where: string): void {
    this.check(expr);
    const found = typeOf(expr);
    if (found !== type)
      this.fail(expr, `expected type ${IN_WORDS[type]} in ${where}, got ${IN_WORDS[found]}`);
  }

  private fail(expr: Expr, problem: string): never {
    throw parseError(this.text, expr, problem);
  }
}

function isComputable(expr: Expr): boolean {
  const type = typeOf(expr);
  return type === 'scalar' || type === 'vector';
}
