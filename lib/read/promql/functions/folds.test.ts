import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Window, WindowFunction } from '../evaluate/windows';
import { OVER_TIME } from './over-time';

function run(compute: WindowFunction, low: number, high: number): number | undefined {
  const window: Window = { low, high, start: 0, end: 0, k: 0, time: 0 };
  const found = compute(window);
  if (typeof found !== 'object') return found;
  for (let next = found.next(); ; next = found.next()) if (next.done) return next.value;
}

const series = (values: Float64Array) => ({ labels: {}, timestamps: values.map((_, i) => i), values });
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
  fc.constantFrom(1e100, -1e100, 1e300, -1e300, 5e-324, 0, -0),
  fc.double(),
);

test.each(['sum_over_time', 'avg_over_time'])(
  '%s over windows that overlap comes to what it comes to over each alone',
  (name) => {
    const moves = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(number, { minLength: 500, maxLength: 2_000 }), moves, (numbers, steps) => {
        const values = Float64Array.from(numbers);
        const sliding = OVER_TIME[name](series(values), []);
        const largest = Math.max(0, ...values.map(Math.abs).filter(Number.isFinite));
        let [low, high] = [0, 0];
        for (const [lowBy, highBy] of steps) {
          high = Math.min(values.length, high + highBy);
          low = Math.min(Math.max(0, high - 1), low + lowBy);
          if (low >= high) continue;
          const alone = run(OVER_TIME[name](series(values.slice(low, high)), []), 0, high - low)!;
          const found = run(sliding, low, high)!;
          if (!Number.isFinite(alone)) expect(found).toBe(alone);
          // Both keep what rounding takes away, but for some 1e-26 of what was added.
          else expect(Math.abs(found - alone)).toBeLessThanOrEqual(1e-15 * Math.abs(alone) + 1e-24 * largest);
        }
      }),
      { numRuns: 200 },
    );
  },
);

test('what is added and taken back again leaves nothing in later windows', () => {
  const values = Float64Array.from({ length: 1_000 }, (_, i) => (i === 100 ? 1e17 : 1));
  const sum = OVER_TIME.sum_over_time(series(values), []);
  expect(run(sum, 0, 200)).toBe(1e17 + 199);
  expect(run(sum, 50, 250)).toBe(1e17 + 199);
  expect(run(sum, 101, 301)).toBe(200);
});
