import { describe, expect, test } from 'vitest';
import { layOut, scaleTop, stepOf } from './map-scale';

describe('the map of hosts', () => {
  test.each([1, 20, 500, 1_000, 10_000])('has room for %i hosts', (count) => {
    const { columns, rows, pitch } = layOut(count, 1_600, 232);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(columns * pitch).toBeLessThanOrEqual(1_600.001);
    expect(rows * pitch).toBeLessThanOrEqual(232);
  });

  test('grows downwards rather than below what a finger can tell apart', () => {
    const { pitch, columns, rows } = layOut(10_000, 360, 232);
    expect(pitch).toBe(5);
    expect(columns * rows).toBeGreaterThanOrEqual(10_000);
  });

  test('is coloured from 0 to 100 for percentages, else to a round number most are below', () => {
    expect(scaleTop([3, 7], true)).toBe(100);
    expect(scaleTop([], false)).toBe(1);
    expect(scaleTop([0, 0], false)).toBe(1);
    expect(scaleTop([0.4, 1.2, 3.4, null], false)).toBe(5);
    const oneRunaway = [...Array.from({ length: 200 }, () => 4), 9_000];
    expect(scaleTop(oneRunaway, false)).toBe(5);
  });

  test('has a colour for every value', () => {
    expect([-5, 0, 49, 50, 99.9, 100, 250].map((value) => stepOf(value, 100, 4))).toEqual([
      0, 0, 1, 2, 3, 3, 3,
    ]);
  });
});
