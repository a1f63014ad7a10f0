import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Expression,
  evaluateExpression,
  formatExpression,
  operandsOf,
  parseExpression,
} from './expression';

const value = (text: string, a: number | null = 6, b: number | null = 3) =>
  evaluateExpression(parseExpression(text), [a, b]);

it.each([
  ['a', 6],
  ['100 * a / b', 200],
  ['a - b - 1', 2],
  ['a - (b - 1)', 4],
  ['12 / a / 2', 1],
  ['2 + a * b', 20],
  ['-a', -6],
  ['--a', 6],
  ['-a * -b', 18],
  ['a*-1', -6],
  ['(a+b)*(a-b)', 27],
  ['1e3 + .5 + 2.', 1_002.5],
  ['  a\t/\nb ', 2],
])('%s is %d', (text, expected) => {
  expect(value(text)).toBe(expected);
});

it('has no value where zero divides or an operand has none, and stays within float64', () => {
  expect(value('a / b', 1, 0)).toBeNull();
  expect(value('a / b', 0, -0)).toBeNull();
  expect(value('1 / (a - 6)')).toBeNull();
  expect(value('a + b', 1, null)).toBeNull();
  expect(value('a * b', 1e300, 1e300)).toBe(Number.MAX_VALUE);
  expect(value('a - b', -1.7e308, 1.7e308)).toBe(-Number.MAX_VALUE);
  expect(value('0 * (a * b)', 1e300, 1e300)).toBe(0);
  expect(value('a / b', 1, Number.MIN_VALUE)).toBe(Number.MAX_VALUE);
});

describe('what is no expression', () => {
  it.each([
    ['', /a number or a parenthesis is expected at character 1$/],
    ['a +', /expected at character 4$/],
    ['a b', /an operator is expected in place of b at character 3$/],
    ['2a', /an operator is expected in place of a at character 2$/],
    ['(a', /a closing parenthesis is missing at character 3$/],
    ['a)', /an operator is expected in place of \) at character 2$/],
    ['a % b', /% means nothing at character 3$/],
    ['c / d', /expected in place of c at character 1$/],
    ['constructor', /expected in place of constructor/],
    ['1e999', /too large a number at character 1$/],
    ['+a', /expected in place of \+ at character 1$/],
    ['a ** b', /expected in place of \* at character 4$/],
    ['process.exit()', /expected in place of process at character 1$/],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, /nested deeper than 50 at character 52$/],
    [`${'-'.repeat(60)}a`, /nested deeper/],
    ['a+'.repeat(300), /more than 500 characters/],
  ])('%.20s', (text, message) => {
    expect(() => parseExpression(text)).toThrow(message);
  });
});

const anyExpression = fc.letrec<{ any: Expression }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<Expression>({ kind: 'operand', index: 0 }, { kind: 'operand', index: 1 }),
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(
      (value): Expression => ({
        kind: 'number',
        value: Math.abs(value),
      }),
    ),
    fc.record({ kind: fc.constant('minus' as const), of: tie('any') }),
    fc.record({
      kind: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const),
      left: tie('any'),
      right: tie('any'),
    }),
  ),
})).any;

it('is read back from its text, which JavaScript reads alike', () => {
  fc.assert(
    fc.property(
      anyExpression,
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
      (expression, a, b) => {
        const text = formatExpression(expression);
        fc.pre(text.length <= 500);
        expect(parseExpression(text)).toEqual(expression);
        const own = evaluateExpression(expression, [a, b]);
        const theirs = new Function('a', 'b', `return ${text.replace(/-(?=-)/g, '- ')}`)(a, b);
        if (own !== null && Number.isFinite(theirs) && Math.abs(own) < Number.MAX_VALUE)
          expect(Math.abs(own - theirs)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(theirs)));
        expect(own === null || Number.isFinite(own)).toBe(true);
      },
    ),
  );
});

it('lists its operands', () => {
  expect(operandsOf(parseExpression('1 + 2'))).toEqual([]);
  expect(operandsOf(parseExpression('b - b / a'))).toEqual([0, 1]);
  expect(operandsOf(parseExpression('-b'))).toEqual([1]);
});
