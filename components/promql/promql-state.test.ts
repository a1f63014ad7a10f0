import { expect, test } from 'vitest';
import { parseQuery } from '@/lib/read/promql/syntax/parse';
import { examplesOf, promqlOf, readPromqlQuestion } from './promql-state';

const asked = { metric: 'm', match: '', by: [] as string[], aggregate: 'avg(avg)' };

test.each([
  [{}, 'avg(m)'],
  [{ aggregate: 'avg(avg),min,max', by: ['host', 'region'] }, 'avg by (host, region) (m)'],
  [{ aggregate: 'rate', match: '{env="prod"}' }, 'sum(rate(m{env="prod"}[1m]))'],
  [{ aggregate: 'max(increase)' }, 'max(increase(m[1m]))'],
  [{ aggregate: 'sum(max)' }, 'sum(max_over_time(m[1m]))'],
  [{ aggregate: 'p99' }, 'avg(quantile_over_time(0.99, m[1m]))'],
  [{ aggregate: 'p95(avg)', by: ['host'] }, 'quantile by (host) (0.95, m)'],
  [{ metric: 'disk/used.bytes', match: '{a="b"}' }, 'avg({"disk/used.bytes",a="b"})'],
  [{ metric: 'disk.used' }, 'avg({"disk.used"})'],
])('%o is asked as %s', (part, expression) => {
  expect(promqlOf({ ...asked, ...part })).toBe(expression);
  parseQuery(expression);
});

test('examples are of metrics that there are', () => {
  expect(
    examplesOf([
      { name: 'requests_total', type: 'counter' },
      { name: 'load', type: 'gauge' },
    ]),
  ).toEqual(['sum(rate(requests_total[1m]))', 'avg(load)']);
});

test('an address without a range has the usual one', () => {
  expect(readPromqlQuestion({ query: ' up ' })).toEqual({
    query: 'up',
    start: 'now-15m',
    end: 'now',
    step: 'auto',
  });
});
