import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangesOf } from './ranges';

describe('ranges to refresh', () => {
  it('join rows that are close, and only those', () => {
    expect(rangesOf([300, 0, 10, 50, 0], { width: 10, gap: 30, most: 10 })).toEqual([
      { start: 0, end: 60 },
      { start: 300, end: 310 },
    ]);
  });

  it('join those that lie closest where there would be too many', () => {
    expect(rangesOf([0, 100, 130, 500], { width: 10, gap: 0, most: 3 })).toEqual([
      { start: 0, end: 10 },
      { start: 100, end: 140 },
      { start: 500, end: 510 },
    ]);
  });

  it('hold every row, in order and apart, and are no more than asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1_000 })),
        fc.nat({ max: 50 }),
        fc.integer({ min: 1, max: 8 }),
        (rows, gap, most) => {
          const starts = rows.map((row) => row * 10);
          const ranges = rangesOf(starts, { width: 10, gap, most });
          expect(ranges.length).toBeLessThanOrEqual(most);
          ranges.forEach(({ start }, i) => {
            if (i > 0) expect(start).toBeGreaterThan(ranges[i - 1].end);
          });
          for (const row of starts)
            expect(ranges.some(({ start, end }) => row >= start && row + 10 <= end)).toBe(true);
        },
      ),
    );
  });
});
