/** An operator of two numbers. */
type NumberOperator = (left: number, right: number) => number;

const ARITHMETIC: Readonly<Record<string, NumberOperator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

const COMPARE: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** As C's, whose powers of 1 are 1 whatever the exponent; JavaScript's are NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

/** Any of these; a comparison gives 1 where it holds, else 0. */
export function operatorOf(operator: string): NumberOperator {
  if (Object.hasOwn(ARITHMETIC, operator)) return ARITHMETIC[operator];
  const compare = COMPARE[operator];
  return (left, right) => Number(compare(left, right));
}
