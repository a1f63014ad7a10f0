import { expect, it } from 'vitest';
import { acrossOptions, aggregateOf, aggregateWords, POOLED, readChoice, withinChosen } from './aggregates';

it.each([
  ['avg', { within: 'avg', across: POOLED }],
  ['avg(avg)', { within: 'avg', across: 'avg' }],
  ['sum(last)', { within: 'last', across: 'sum' }],
  ['rate', { within: 'rate', across: 'sum' }],
  ['max(rate)', { within: 'rate', across: 'max' }],
  ['p99.9(p50)', { within: 'p50', across: 'p99.9' }],
])('%s is two choices, and back', (aggregate, choice) => {
  expect(readChoice(aggregate)).toEqual(choice);
  expect(aggregateOf(choice)).toBe(aggregate);
});

it('takes what the URL says as it stands where it cannot be read', () => {
  expect(aggregateOf(readChoice('median'))).toBe('median');
});

it('offers to pool samples, but not growth', () => {
  expect(acrossOptions('avg').map(({ value }) => value)).toContain(POOLED);
  expect(acrossOptions('rate').map(({ value }) => value)).not.toContain(POOLED);
});

it('goes between growth and values with what is usual there', () => {
  expect(withinChosen({ within: 'avg', across: 'avg' }, 'rate')).toEqual({ within: 'rate', across: 'sum' });
  expect(withinChosen({ within: 'rate', across: 'sum' }, 'avg')).toEqual({ within: 'avg', across: 'avg' });
  expect(withinChosen({ within: 'avg', across: 'sum' }, 'max')).toEqual({ within: 'max', across: 'sum' });
});

it.each([
  ['avg,min,max', 'average'],
  ['sum(avg)', 'total of series, average'],
  ['rate', 'rate'],
  ['p95(last)', '95th percentile of series, last'],
])('says %s in words', (aggregate, words) => {
  expect(aggregateWords(aggregate)).toBe(words);
});
