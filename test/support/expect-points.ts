import { expect } from 'vitest';
import type { GroupPoints, Point } from '@/lib/model/points';

/** Sums in different orders differ in the last digits; everything else must be the same. */
const RELATIVE = 1e-9;

export function expectSamePoints(actual: readonly Point[], expected: readonly Point[]): void {
  const close = actual.length === expected.length && actual.every((point, i) => isClose(point, expected[i]));
  // The slow comparison only for its message.
  if (!close) expect(actual).toEqual(expected);
}

export function expectSameGroups(actual: readonly GroupPoints[], expected: readonly GroupPoints[]): void {
  expect(actual.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
  actual.forEach(({ points }, i) => {
    expectSamePoints(points, expected[i].points);
  });
}

function isClose(a: Point, b: Point): boolean {
  return a.length === b.length && a[0] === b[0] && a.every((value, i) => isCloseValue(value, b[i]));
}

function isCloseValue(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= RELATIVE * Math.max(1, Math.abs(a), Math.abs(b));
}
