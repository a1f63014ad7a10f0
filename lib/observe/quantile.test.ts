import { expect, it } from 'vitest';
import { Histogram } from './figures';
import { quantileOf } from './quantile';

function readingsOf(values: readonly number[]) {
  const histogram = new Histogram('seconds', 'Seconds.', [0.1, 0.2, 0.4]);
  for (const value of values) histogram.observe(value);
  return histogram.family().readings;
}

it.each([
  ['in the first bucket, from zero on', 0.5, [0.05, 0.05], 0.05],
  ['on a line between two bounds', 0.5, [0.15, 0.15, 0.15, 0.15], 0.15],
  ['in the bucket that the rank falls into', 0.75, [0.05, 0.05, 0.3, 0.3], 0.3],
  ['at the last bound, where the bucket has no end', 0.99, [0.05, 7], 0.4],
])('lies %s', (_, share, values, expected) => {
  expect(quantileOf(share, readingsOf(values))).toBeCloseTo(expected, 12);
});

it('is none of nothing', () => {
  expect(quantileOf(0.99, readingsOf([]))).toBeNaN();
});
