import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exact, nearest } from '@/test/support/exact';
import { anyFloat64 } from '@/test/support/float64';
import { interpolate, roundedTo, Sum, saturated, standardDeviation } from './arithmetic';

const MAX = Number.MAX_VALUE;
const MIN = Number.MIN_VALUE;
const values = fc.array(anyFloat64, { minLength: 1, maxLength: 40 });

function sumOf(addends: readonly number[]): Sum {
  const sum = new Sum();
  for (const value of addends) sum.add(value);
  return sum;
}

describe('a sum', () => {
  it.each([
    [[1.7e308, 1.7e308, -1.7e308], 1.7e308],
    [[1.7e308, 1.7e308], MAX],
    [[-MAX, -MAX, -MAX], -MAX],
    [[MAX, 1, -MAX], 1],
    [[MIN, 0, MIN], 2 * MIN],
    [[1e300, -1e300, MIN], MIN],
    [[], 0],
  ])('of %j is %d', (addends, expected) => {
    expect(sumOf(addends).total()).toBe(expected);
  });

  it('of any values, its means and its differences are what they are exactly', () => {
    fc.assert(
      fc.property(values, (addends) => {
        const size = addends.map(Math.abs).reduce((total, value) => total + exact(value), 0n);
        const whole = addends.reduce((total, value) => total + exact(value), 0n);
        const divisor = addends.length;
        expectWithin(sumOf(addends).total(), whole, 1n, size);
        expectWithin(sumOf(addends).over(divisor), whole, BigInt(divisor), size);
        const growth = new Sum();
        for (let i = 1; i < addends.length; i++) growth.addDifference(addends[i], addends[i - 1]);
        expectWithin(growth.total(), exact(addends[divisor - 1]) - exact(addends[0]), 1n, 2n * size);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('what lies between two values is found, however far apart they are', () => {
  expect(interpolate(-MAX, MAX, 0.5)).toBe(0);
  expect(interpolate(-MAX, MAX, 0.75) / MAX).toBeCloseTo(0.5, 12);
  expect(interpolate(1, 2, 0.25)).toBe(1.25);
  fc.assert(
    fc.property(anyFloat64, anyFloat64, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const found = interpolate(low, high, share);
      const slack = 1e-12 * Math.max(Math.abs(low), Math.abs(high));
      expect(found).toBeGreaterThanOrEqual(saturated(low - slack));
      expect(found).toBeLessThanOrEqual(saturated(high + slack));
    }),
  );
});

it.each([
  [[1, 2, 3, 4], Math.sqrt(1.25)],
  [[1e300, 2e300, 3e300, 4e300], Math.sqrt(1.25) * 1e300],
  [[1e-300, 2e-300, 3e-300, 4e-300], Math.sqrt(1.25) * 1e-300],
  [[MAX, -MAX], MAX],
  [[2 * MIN, 0], MIN],
  [[7], 0],
  [[MIN, MIN], 0],
])('the standard deviation of %j is %d', (given, expected) => {
  expect(Math.abs(standardDeviation(given) - expected)).toBeLessThanOrEqual(1e-12 * expected);
});

/** Rounding is in proportion to what was added up, not to what is left when most of it cancels out. */
function expectWithin(found: number, units: bigint, divisor: bigint, size: bigint): void {
  const slack = 1e-12 * nearest(size, divisor);
  const expected = nearest(units, divisor);
  expect(Math.abs(found / 2 - expected / 2)).toBeLessThanOrEqual(slack / 2);
}

it('a value is rounded to a value', () => {
  expect(roundedTo(3, MAX)).toBe(MAX);
  expect(roundedTo(3, -1234.5)).toBe(-1230);
  expect(roundedTo(5, MIN)).toBe(MIN);
});
