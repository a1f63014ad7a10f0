import { expect, test } from 'vitest';
import { builderOf, isOfWholeRange, measuredBy } from './meaning';
import { parseQuery } from './syntax/parse';

test.each([
  ['disk_bytes', 'disk_bytes', false],
  ['sum by (host) (rate(sent_bytes_total{a="b"}[5m]))', 'sent_bytes_total', true],
  ['avg_over_time(disk_bytes[5m:1m] offset 1h)', 'disk_bytes', false],
  ['-max(disk_bytes) - min(disk_bytes)', 'disk_bytes', false],
  ['disk_bytes > 100', 'disk_bytes', false],
  ['topk(3, increase(sent_bytes_total[1h]))', 'sent_bytes_total', false],
  ['histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[5m])))', 'took_seconds', false],
  ['label_replace(disk_bytes, "a", "$1", "b", "(.*)")', 'disk_bytes', false],
])('%s measures what %s does', (query, metric, isPerSecond) => {
  expect(measuredBy(parseQuery(query))).toEqual({ metric, isPerSecond });
});

test.each([
  '1 + 1',
  'count(disk_bytes)',
  'disk_bytes * 8',
  'disk_bytes / disk_bytes',
  'rate(disk_bytes[1m]) + disk_bytes',
  'disk_bytes > bool 1',
  'count_over_time(disk_bytes[1m])',
  'timestamp(disk_bytes)',
  'hour(disk_bytes)',
  'absent(disk_bytes)',
  '{host="a"}',
])('%s measures nothing that has a name', (query) => {
  expect(measuredBy(parseQuery(query))).toBeNull();
});

test.each([
  ['a', false],
  ['a @ 100', false],
  ['a @ start()', true],
  ['sum(rate(a[5m] @ end())) / 2', true],
  ['max_over_time(rate(a[5m])[1h:1m] @ end())', true],
  ['topk(scalar(a @ end()), b)', true],
])('%s depends on the ends of the range: %s', (query, expected) => {
  expect(isOfWholeRange(parseQuery(query))).toBe(expected);
});

test.each([
  ['1', null],
  ['{host="a"}', null],
  ['{"disk.used", host!="a"}', { metric: 'disk.used', match: '{host!="a"}', by: '' }],
  ['sum by (host, region) (rate(a{x=~"y"}[5m]))', { metric: 'a', match: '{x=~"y"}', by: 'host,region' }],
  ['sum without (host) (a)', { metric: 'a', match: '', by: '' }],
  ['100 * max by (r) (sum by (h) (a)) / b', { metric: 'a', match: '', by: 'h' }],
])('the controls can ask of %s: %j', (query, expected) => {
  expect(builderOf(parseQuery(query))).toEqual(expected);
});
