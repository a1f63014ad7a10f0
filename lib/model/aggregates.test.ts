import { expect, it } from 'vitest';
import { isGrowth, parseAggregate, shareOf, stagesOf } from './aggregates';

it.each([
  ['avg', 'avg'],
  ['stddev', 'stddev'],
  ['p0', 'p0'],
  ['p100', 'p100'],
  ['p99.9', 'p99.9'],
  ['p99.125', 'p99.125'],
  ['p99.90', 'p99.9'],
  ['p05', 'p5'],
  ['p100.000', 'p100'],
  ['sum(avg)', 'sum(avg)'],
  ['count(last)', 'count(last)'],
  ['max(rate)', 'max(rate)'],
  ['p95.0(p50)', 'p95(p50)'],
  ['stddev(delta)', 'stddev(delta)'],
])('reads %s', (text, canonical) => {
  expect(parseAggregate(text)).toBe(canonical);
});

it.each([
  '',
  'median',
  'p',
  'p101',
  'p100.1',
  'p-1',
  'p99.1234',
  'p1e1',
  'P99',
  'AVG',
  'sum()',
  '(avg)',
  'sum(avg',
  'sum(avg))',
  'sum(avg(last))',
  'rate(avg)',
  'last(avg)',
  'increase(sum)',
  'sum(avg)(max)',
  'sum avg',
  ' avg',
  'constructor',
])('refuses %j', (text) => {
  expect(parseAggregate(text)).toBeNull();
});

it('knows the stages', () => {
  expect(stagesOf('avg')).toEqual({ outer: null, inner: 'avg' });
  expect(stagesOf('p95(rate)')).toEqual({ outer: 'p95', inner: 'rate' });
});

it('knows shares and growth', () => {
  expect([shareOf('p99.9'), shareOf('p0'), shareOf('avg')]).toEqual([0.999, 0, null]);
  expect((['rate', 'max(increase)', 'delta', 'sum(last)'] as const).map(isGrowth)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
