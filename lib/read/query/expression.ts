/**
 * Arithmetic between two operands, `100 * a / b`: numbers, `a`, `b`, `+ - * /`, unary minus and parentheses, with the
 * usual precedence. Plain data, so that questions with expressions can be compared by their JSON.
 */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'operand'; index: OperandIndex }
  | { kind: 'minus'; of: Expression }
  | { kind: Operator; left: Expression; right: Expression };
type Operator = '+' | '-' | '*' | '/';

const OPERAND_NAMES = ['a', 'b'] as const;
/** An operand's place among `OPERAND_NAMES`. */
export type OperandIndex = 0 | 1;

const MAX_LENGTH = 500;
const MAX_DEPTH = 50;
const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([a-z_]\w*)|([-+*/()]))/iy;
const PRECEDENCE: Record<Operator, number> = { '+': 1, '-': 1, '*': 2, '/': 2 };
const MINUS_PRECEDENCE = 3;

/** What is wrong with an expression, and where: `position` counts characters from 1. */
export class ExpressionError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(`${message} at character ${position}`);
  }
}

/** @throws ExpressionError */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH)
    throw new ExpressionError(`has more than ${MAX_LENGTH} characters, stops making sense`, MAX_LENGTH + 1);
  const parser = new Parser(text);
  const expression = parser.sum(0);
  parser.expectEnd();
  return expression;
}

/** The operands that an expression mentions, in order. */
export function operandsOf(expression: Expression): OperandIndex[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'operand':
      return [expression.index];
    case 'minus':
      return operandsOf(expression.of);
    default:
      return [...new Set([...operandsOf(expression.left), ...operandsOf(expression.right)])].sort();
  }
}

/**
 * The value, given those of the operands; null where it has none: an operand has none, or zero divides. Every
 * operation is limited to float64, so that no value is infinite or not a number.
 */
export function evaluateExpression(
  expression: Expression,
  values: ReadonlyArray<number | null>,
): number | null {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'operand':
      return values[expression.index];
    case 'minus': {
      const value = evaluateExpression(expression.of, values);
      // Zero has no sign.
      return value === null ? null : 0 - value;
    }
    default: {
      const left = evaluateExpression(expression.left, values);
      const right = evaluateExpression(expression.right, values);
      return left === null || right === null ? null : operate(expression.kind, left, right);
    }
  }
}

function operate(operator: Operator, left: number, right: number): number | null {
  switch (operator) {
    case '+':
      return withinFloat64(left + right);
    case '-':
      return withinFloat64(left - right);
    case '*':
      return withinFloat64(left * right);
    case '/':
      return right === 0 ? null : withinFloat64(left / right);
  }
}

function withinFloat64(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)) + 0;
}

/** The canonical text: no more parentheses than it needs. Read back, it is the same expression. */
export function formatExpression(expression: Expression): string {
  return format(expression, 0);
}

function format(expression: Expression, least: number): string {
  const enclose = (text: string, precedence: number) => (precedence < least ? `(${text})` : text);
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'operand':
      return OPERAND_NAMES[expression.index];
    case 'minus':
      return enclose(`-${format(expression.of, MINUS_PRECEDENCE)}`, MINUS_PRECEDENCE);
    default: {
      const own = PRECEDENCE[expression.kind];
      // Operators of equal precedence are taken from left to right.
      const operands = `${format(expression.left, own)} ${expression.kind} ${format(expression.right, own + 1)}`;
      return enclose(operands, own);
    }
  }
}

/** One token ahead, by recursive descent. */
class Parser {
  private token: string | null = null;
  /** Where the token begins. */
  private at = 0;
  private next = 0;

  constructor(private readonly text: string) {
    this.advance();
  }

  sum(depth: number): Expression {
    let left = this.product(depth);
    for (let token = this.token; token === '+' || token === '-'; token = this.token) {
      this.advance();
      left = { kind: token, left, right: this.product(depth) };
    }
    return left;
  }

  expectEnd(): void {
    if (this.token !== null) this.fail(`an operator is expected in place of ${this.token}`);
  }

  private product(depth: number): Expression {
    let left = this.factor(depth);
    for (let token = this.token; token === '*' || token === '/'; token = this.token) {
      this.advance();
      left = { kind: token, left, right: this.factor(depth) };
    }
    return left;
  }

  private factor(depth: number): Expression {
    const { token } = this;
    if (depth > MAX_DEPTH) this.fail(`it is nested deeper than ${MAX_DEPTH}`);
    if (token === '-') {
      this.advance();
      return { kind: 'minus', of: this.factor(depth + 1) };
    }
    if (token === '(') {
      this.advance();
      const inner = this.sum(depth + 1);
      if (this.token !== ')') this.fail('a closing parenthesis is missing');
      this.advance();
      return inner;
    }
    return this.operand();
  }

  private operand(): Expression {
    const { token } = this;
    const operand = (OPERAND_NAMES as ReadonlyArray<string | null>).indexOf(token);
    const value = token !== null && /^[\d.]/.test(token) ? Number(token) : Number.NaN;
    if (value === Number.POSITIVE_INFINITY) this.fail(`${token} is too large a number`);
    if (operand < 0 && Number.isNaN(value))
      this.fail(
        `a, b, a number or a parenthesis is expected${token === null ? '' : ` in place of ${token}`}`,
      );
    this.advance();
    return operand < 0 ? { kind: 'number', value } : { kind: 'operand', index: operand as OperandIndex };
  }

  private advance(): void {
    const rest = this.text.slice(this.next).search(/\S/);
    this.at = rest < 0 ? this.text.length : this.next + rest;
    if (rest < 0) {
      this.token = null;
      return;
    }
    TOKEN.lastIndex = this.next;
    const found = TOKEN.exec(this.text);
    if (!found) this.fail(`${this.text[this.at]} means nothing`);
    this.token = found[1] ?? found[2] ?? found[3];
    this.next = TOKEN.lastIndex;
  }

  private fail(message: string): never {
    throw new ExpressionError(message, this.at + 1);
  }
}
