import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rootOf, sumOf, toNumber, unitsOf } from './exact';

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });

it('takes every float64 there and back', () => {
  fc.assert(
    fc.property(anyNumber, (value) => {
      expect(toNumber({ units: unitsOf(value), over: 1n })).toBe(value + 0);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  [[Number.MAX_VALUE, Number.MAX_VALUE], Number.MAX_VALUE],
  [[Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE], Number.MAX_VALUE],
  [[-Number.MAX_VALUE, -1e300], -Number.MAX_VALUE],
  [[1e300, 1, -1e300], 1],
  [[0.1, 0.2], 0.1 + 0.2],
])('adds up %j', (values, sum) => {
  expect(toNumber({ units: sumOf(values), over: 1n })).toBe(sum);
});

it('divides as float64 does, and rounds what is too small', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e300, max: 1e300, noNaN: true }),
      fc.integer({ min: 1, max: 1_000 }),
      (value, by) => {
        expect(
          Math.abs(toNumber({ units: unitsOf(value), over: BigInt(by) }) - value / by),
        ).toBeLessThanOrEqual(Math.max(Number.MIN_VALUE, Math.abs(value / by) * 2 ** -52));
      },
    ),
  );
  expect(toNumber({ units: 1n, over: 3n })).toBe(0);
  expect(toNumber({ units: 2n, over: 3n })).toBe(Number.MIN_VALUE);
});

it('takes roots', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
      const units = unitsOf(value);
      const found = rootOf({ units: units * units, over: 1n });
      expect(Math.abs(found - value)).toBeLessThanOrEqual(value * 1e-15);
    }),
  );
});
