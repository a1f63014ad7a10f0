import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisFormatter, formatValue, unitOf } from '@/lib/model/format';
import { formatSpan } from '@/lib/model/format-time';
import type { WholePoint } from '@/lib/model/points';
import { anyFloat64 } from '@/test/support/float64';
import { nearestPoint, type Plot, pieces, seriesPaths, timeAt, xOf } from './plot';
import { timeTicks, valueAxis } from './ticks';

const plot: Plot = { width: 100, height: 50, x: [0, 100_000], y: [0, 10] };
const series = (...times: number[]): WholePoint[] => times.map((t) => [t * 1_000, 5]);

describe('gaps', () => {
  it('break a line beyond one and a half steps', () => {
    const points = series(0, 1, 2, 4, 5);
    expect(pieces(points, 1_000).map((piece) => piece.length)).toEqual([3, 2]);
  });

  it('are measured by how often samples come, where that is less often than the step', () => {
    const points = series(0, 10, 20, 30, 50, 60);
    expect(pieces(points, 1_000).map((piece) => piece.length)).toEqual([4, 2]);
  });

  it('follow the distances nearby, where a series changes it', () => {
    const points = series(0, 30, 60, 90, 120, 121, 122, 123, 126, 127, 128);
    expect(pieces(points, 1_000).map((piece) => piece.length)).toEqual([8, 3]);
  });

  it('are not drawn, and never as zero', () => {
    const { line } = seriesPaths(series(0, 1, 2, 50, 51, 52), plot, 1_000, Number.POSITIVE_INFINITY);
    expect(line).toBe('M0,25L1,25L2,25M50,25L51,25L52,25');
  });
});

describe('paths', () => {
  it('draw the point that is still filling apart', () => {
    const paths = seriesPaths(series(10, 11, 12), plot, 1_000, 11_500);
    expect(paths.line).toBe('M10,25L11,25');
    expect(paths.openLine).toBe('M11,25L12,25');
  });

  it('show a point without neighbours as a dot', () => {
    const paths = seriesPaths(series(10, 11, 12, 40), plot, 1_000, Number.POSITIVE_INFINITY);
    expect(paths.dots).toEqual([{ x: 40, y: 25, open: false }]);
  });

  it('span the band from lowest to highest', () => {
    const points: WholePoint[] = [
      [0, 5, 0, 10],
      [1_000, 5, 0, 10],
    ];
    expect(seriesPaths(points, plot, 1_000, Number.POSITIVE_INFINITY).band).toBe('M0,0L1,0L1,50L0,50Z');
  });
});

it('times and pixels are each other’s inverse', () => {
  expect(timeAt(plot, xOf(plot, 42_000))).toBe(42_000);
  expect(timeAt(plot, -5)).toBe(0);
  expect(timeAt(plot, 500)).toBe(100_000);
});

it('finds the nearest point, or none when it is too far', () => {
  expect(nearestPoint(series(10, 20, 30), 16_000, 5_000)).toEqual([20_000, 5]);
  expect(nearestPoint(series(10, 20, 30), 40_000, 5_000)).toBeNull();
  expect(nearestPoint([], 40_000, 5_000)).toBeNull();
});

describe('value axis', () => {
  const plain = unitOf('a');
  it('starts at zero unless the values stand far above it', () => {
    expect(valueAxis([3, 38], plain, 4).ticks).toEqual([0, 10, 20, 30, 40]);
    expect(valueAxis([9_000, 9_800], plain, 4).domain[0]).toBe(9_000);
  });
  it('is in powers of two for bytes', () => {
    expect(valueAxis([0, 1.6 * 2 ** 30], unitOf('a_bytes'), 4).ticks).toEqual(
      [0, 512, 1024, 1536, 2048].map((mib) => mib * 2 ** 20),
    );
  });
  it('has room around a flat line, and an axis without any values', () => {
    const [low, high] = valueAxis([42, 42], plain, 4).domain;
    expect(low).toBeLessThan(42);
    expect(high).toBeGreaterThan(42);
    expect(valueAxis([0, 0], plain, 4).domain).toEqual([0, 1]);
    expect(valueAxis(null, unitOf('a_ratio'), 4).domain[1]).toBeGreaterThan(0);
  });
  it.each([
    [-5, 12],
    [1e-6, 3e-6],
    [0, 7e12],
    [99.2, 99.4],
  ])('holds %d to %d between few round ticks', (low, high) => {
    const { domain, ticks } = valueAxis([low, high], plain, 5);
    expect(domain[0]).toBeLessThanOrEqual(low);
    expect(domain[1]).toBeGreaterThanOrEqual(high);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
  });
});

describe('values from one end of float64 to the other', () => {
  const units = ['a', 'a_bytes', 'a_percent', 'a_ratio', 'a_seconds', 'a_hertz'].map((name) => unitOf(name));

  it('are drawn on an axis of few ticks, and come to no coordinate that is none', () => {
    fc.assert(
      fc.property(
        fc.array(anyFloat64, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...units),
        fc.integer({ min: 2, max: 8 }),
        (values, unit, count) => {
          const { domain, ticks } = valueAxis([Math.min(...values), Math.max(...values)], unit, count);
          expect(domain[1] - domain[0]).toBeGreaterThan(0);
          expect(Number.isFinite(domain[1] - domain[0])).toBe(true);
          expect(ticks.length).toBeGreaterThanOrEqual(1);
          expect(ticks.length).toBeLessThanOrEqual(count + 4);
          const texts = [
            ...ticks.map(axisFormatter(ticks, unit)),
            ...values.map((v) => formatValue(v, unit)),
          ];
          const points = values.map((value, i): WholePoint => [i * 1_000, value, value, value]);
          const { line, openLine, band, dots } = seriesPaths(points, { ...plot, y: domain }, 1_000, 0);
          const drawn = [line, openLine, band, JSON.stringify(dots)].join(' ');
          expect(`${texts.join(' ')} ${drawn}`).not.toMatch(/NaN|Infinity|null|undefined|–/);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are written in figures that fit', () => {
    fc.assert(
      fc.property(anyFloat64, fc.constantFrom(...units), (value, unit) => {
        expect(formatValue(value, unit).length).toBeLessThan(20);
      }),
    );
    expect(formatValue(1.7e308, unitOf('a'))).toBe('1.7e+308');
    expect(formatValue(5e-324, unitOf('a'))).toBe('4.9e-324');
    expect(formatValue(-999_999_999_999.5, unitOf('a_percent'))).toBe('-1e+12 %');
    const { ticks } = valueAxis([0, 1.7e308], unitOf('a'), 4);
    expect(ticks.map(axisFormatter(ticks, unitOf('a')))).toEqual(['0', '5e+307', '1e+308', '1.5e+308']);
  });

  it('draw a flat line in the middle, however high it is', () => {
    const flat: WholePoint[] = [
      [0, 1e300],
      [1_000, 1e300],
    ];
    expect(seriesPaths(flat, { ...plot, y: [1e300, 1e300] }, 1_000, 2_000).line).toBe('M0,25L1,25');
  });
});

describe('time ticks', () => {
  const end = Date.UTC(2026, 10, 20, 14, 3, 27);
  it.each([5 * 60_000, 900_000, 3_600_000, 6 * 3_600_000, 86_400_000, 7 * 86_400_000, 90 * 86_400_000])(
    'are few and round over %d ms',
    (span) => {
      const { ticks, step } = timeTicks([end - span, end], 8);
      expect(ticks.length, formatSpan(span)).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(9);
      for (const t of ticks) {
        const local = t - new Date(t).getTimezoneOffset() * 60_000;
        expect(local % Math.min(step, 86_400_000)).toBe(0);
      }
    },
  );
});
