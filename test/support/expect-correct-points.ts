import { expect } from 'vitest';
import type { Point } from '@/lib/model/points';
import { type NaiveQuestion, naivePoints, type Samples } from './naive';

/** Of the value itself; and of what was added up for it, which may cancel out. */
const RELATIVE = 1e-9;
const ROUNDING = 1e-12;

/**
 * Points of samples from anywhere in float64 against the definitions: the same points, every value finite, and right to
 * nine digits, or as right as adding float64s in any order can be.
 */
export function expectCorrectPoints(
  actual: readonly Point[],
  group: readonly Samples[],
  question: NaiveQuestion,
): void {
  const expected = naivePoints(group, question);
  expect(actual.map(([t, ...values]) => [t, ...values.map((value) => value === null)])).toEqual(
    expected.map(([t, ...values]) => [t, ...values.map((value) => value === null)]),
  );
  actual.forEach(([t, ...values], i) => {
    const slack = slackAt(group, t, t + question.step);
    values.forEach((value, column) => {
      const truth = expected[i][column + 1];
      if (value === null || truth === null) return;
      const found = { t, aggregate: question.aggregates[column], value, truth };
      expect(Number.isFinite(value), JSON.stringify(found)).toBe(true);
      expect(Object.is(value, -0), JSON.stringify(found)).toBe(false);
      const isRight = Math.abs(value / 4 - truth / 4) <= (RELATIVE * Math.abs(truth)) / 4 + slack / 4;
      if (!isRight) expect.fail(`${JSON.stringify(found)} of ${JSON.stringify(group)}`);
    });
  });
}

/**
 * How much rounding may come to: in proportion to the largest sample that has a part in a point, and to how many have.
 */
function slackAt(group: readonly Samples[], from: number, to: number): number {
  let largest = 0;
  let count = 1;
  for (const samples of group) {
    const before = samples.findLast(([t]) => t < from);
    const within = samples.filter(([t]) => t >= from && t < to);
    count += within.length;
    for (const [, value] of before ? [before, ...within] : within)
      largest = Math.max(largest, Math.abs(value));
  }
  return count * (ROUNDING * largest + 2 * Number.MIN_VALUE);
}
