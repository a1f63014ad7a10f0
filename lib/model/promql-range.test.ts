import { expect, test } from 'vitest';
import { rangeOfPromql } from './promql-range';

const NOW = 1_795_200_001_234;

test('steps are multiples of their width, whenever one asks', () => {
  expect(rangeOfPromql({ start: 'now-15m', end: 'now', step: 'auto' }, NOW)).toEqual({
    start: 1_795_199_100_000,
    end: 1_795_200_000_000,
    step: 2_000,
  });
  expect(rangeOfPromql({ start: 'now-90d', end: 'now', step: 'auto' }, NOW)).toMatchObject({
    step: 21_600_000,
  });
  expect(rangeOfPromql({ start: '1795200000001', end: '1795200009999', step: '5s' }, NOW)).toEqual({
    start: 1_795_200_000_000,
    end: 1_795_200_005_000,
    step: 5_000,
  });
});

test.each([
  [{ start: 'soon', end: 'now', step: 'auto' }, 'start is not a time.'],
  [{ start: 'now-1h', end: 'later', step: 'auto' }, 'end is not a time.'],
  [{ start: 'now', end: 'now-1h', step: 'auto' }, 'start must be before end.'],
  [{ start: 'now-1h', end: 'now', step: '0s' }, 'step must be auto or a duration such as 30s.'],
  [{ start: 'now-1h', end: 'now', step: 'forever' }, 'step must be auto or a duration such as 30s.'],
  [{ start: 'now-1h', end: 'now', step: '0.5ms' }, 'step must be auto or a duration such as 30s.'],
])('%o is refused: %s', (question, problem) => {
  expect(rangeOfPromql(question, NOW)).toBe(problem);
});
