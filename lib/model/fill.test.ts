import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillPoints, hasValue } from './fill';
import type { Point } from './points';
import type { Fill } from './question';

const STEP = 10;
const after = (t: number) => t + STEP;

const anyPoints = fc
  .uniqueArray(fc.nat(40), { maxLength: 12 })
  .chain((places) =>
    fc.tuple(
      ...places
        .toSorted((a, b) => a - b)
        .map((place) =>
          fc
            .tuple(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), fc.option(fc.integer()))
            .map((values): Point => [place * STEP, ...values]),
        ),
    ),
  )
  .map((points) => points.filter(hasValue));

/** The definition, value by value. */
function naive(points: readonly Point[], fill: Fill): Point[] {
  const filled: Point[] = [];
  for (let t = 0; t <= 40 * STEP; t += STEP) {
    const values = [1, 2].map((place) => {
      const known = points.filter((point) => point[place] !== null);
      const there = known.find((point) => point[0] === t);
      const before = known.findLast((point) => point[0] < t);
      const next = known.find((point) => point[0] > t);
      if (there) return there[place];
      if (fill === 'none' || !before || !next) return null;
      if (typeof fill === 'number') return fill;
      if (fill === 'previous') return before[place];
      const share = (t - before[0]) / (next[0] - before[0]);
      return before[place]! * (1 - share) + next[place]! * share;
    });
    const point: Point = [t, ...values];
    if (hasValue(point)) filled.push(point);
  }
  return filled;
}

it('fills each value between its first and its last point, and no further', () => {
  fc.assert(
    fc.property(anyPoints, fc.constantFrom<Fill>('none', 'previous', 'linear', 0, -7.5), (points, fill) => {
      const filled = fillPoints(points, fill, after);
      const expected = naive(points, fill);
      expect(filled.map(([t]) => t)).toEqual(expected.map(([t]) => t));
      filled.forEach((point, i) => {
        point.forEach((value, place) => {
          const right = expected[i][place];
          if (value === null || right === null) expect(value).toBe(right);
          else expect(Math.abs(value - right)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(right)));
        });
      });
    }),
  );
});

it('stays within float64, and exactly on a level line', () => {
  const max = Number.MAX_VALUE;
  const ends: Point[] = [
    [0, max, 0.1],
    [40, -max, 0.1],
  ];
  const filled = fillPoints(ends, 'linear', after);
  expect(filled.map((point) => point[2])).toEqual([0.1, 0.1, 0.1, 0.1, 0.1]);
  expect(filled[2][1]).toBe(0);
});
