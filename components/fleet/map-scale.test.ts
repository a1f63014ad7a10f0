import { describe, expect, test } from 'vitest';
import { colorOf, layOut, MAP_COLORS, scaleTop } from './map-scale';

describe('the map of hosts', () => {
  test.each([1, 20, 500, 1_000, 10_000])('has room for %i hosts', (count) => {
    const { columns, rows, pitch } = layOut(count, 1_600, 232);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(columns * pitch).toBeLessThanOrEqual(1_600.001);
    expect(rows * pitch).toBeLessThanOrEqual(232);
  });

  test('grows downwards rather than below what a finger can hit', () => {
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

  test.each([Number.MIN_VALUE, 1e-310, 1.7e308, Number.MAX_VALUE])(
    'has a colour for hosts at %d',
    (value) => {
      const top = scaleTop([value, value], false);
      expect(MAP_COLORS.light.steps).toContain(colorOf(value, top, false, MAP_COLORS.light));
    },
  );

  test('has a colour for every value, that of the bars for high percentages', () => {
    const colors = MAP_COLORS.light;
    const [lowest, , middle, , highest] = colors.steps;
    const loads = [-5, 0, 5, 9.9, 10, 250].map((value) => colorOf(value, 10, false, colors));
    expect(loads).toEqual([lowest, lowest, middle, highest, highest, highest]);
    const percentages = [0, 79.9, 80, 94.9, 95, 100].map((value) => colorOf(value, 100, true, colors));
    expect(percentages).toEqual([
      lowest,
      highest,
      colors.notable,
      colors.notable,
      colors.critical,
      colors.critical,
    ]);
  });
});
