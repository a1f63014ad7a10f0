import { describe, expect, it } from 'vitest';
import { axisFormatter, formatCount, formatValue, unitOf } from './format';
import { formatAgo, formatSpan, formatStep } from './format-time';

const shown = (value: number, metric: string, unit = '', aggregate = 'avg') =>
  formatValue(value, unitOf(metric, unit, aggregate));

describe('formatValue', () => {
  it.each([
    [41.5234, 'cpu_usage_percent', '', 'avg', '41.5 %'],
    [0.25, 'cache_hit_ratio', '', 'avg', '25 %'],
    [0.4, 'x', 'ratio', 'avg', '40 %'],
    [1_342_177_280, 'memory_used_bytes', '', 'avg', '1.25 GiB'],
    [0, 'memory_used_bytes', '', 'avg', '0 B'],
    [1023, 'memory_used_bytes', '', 'avg', '1,023 B'],
    [2048, 'disk_read_bytes_per_second', '', 'avg', '2 KiB/s'],
    [2048, 'network_receive_bytes_total', '', 'rate', '2 KiB/s'],
    [2048, 'network_receive_bytes_total', '', 'increase', '2 KiB'],
    [2048, 'network_receive_bytes_total', '', 'max(rate)', '2 KiB/s'],
    [2048, 'memory_used_bytes', '', 'sum(avg)', '2 KiB'],
    [0.0123, 'http_request_duration_seconds', '', 'p95', '12.3 ms'],
    [0.42, 'cpu_seconds_total', '', 'rate', '42 %'],
    [86_400 * 12, 'uptime_seconds', '', 'last', '12 d'],
    [64.25, 'temperature_celsius', '', 'avg', '64.3 °C'],
    [1440, 'anything_bytes', '', 'count', '1,440 samples'],
    [12, 'anything_bytes', '', 'count(rate)', '12 series'],
    [12_345, 'requests_total', '', 'rate', '12.3k/s'],
    [0.73, 'load1', '', 'avg', '0.730'],
    [0.9996, 'load1', '', 'avg', '1.00'],
    [99.96, 'load1', '', 'avg', '100'],
    [5e9, 'load1', '', 'avg', '5G'],
    [2e21, 'load1', '', 'avg', '2e+21'],
    [1_234, 'queue_length', 'jobs', 'avg', '1,234 jobs'],
    [-1_234.5, 'balance', '', 'avg', '-1,235'],
    [1e-9, 'tiny', '', 'avg', '1.0e-9'],
    [1024 ** 2, 'x', 'MiB', 'avg', '1 TiB'],
  ])('%s of %s (%s, %s) reads %s', (value, metric, unit, aggregate, text) => {
    expect(shown(value, metric, unit, aggregate)).toBe(text);
  });

  it('does not take a lone letter or a metric’s only word for a unit', () => {
    expect(unitOf('shard_b').kind).toBe('number');
    expect(unitOf('seconds').kind).toBe('number');
  });
});

describe('axisFormatter', () => {
  it('leaves out what is counted, which an axis has no room for', () => {
    const ticks = [0, 250, 500];
    expect(ticks.map(axisFormatter(ticks, unitOf('a', 'requests')))).toEqual(['0', '250', '500']);
    expect(ticks.map(axisFormatter(ticks, unitOf('a', 'requests', 'rate')))).toEqual([
      '0/s',
      '250/s',
      '500/s',
    ]);
    expect(ticks.map(axisFormatter(ticks, unitOf('a', 'bytes')))).toEqual([
      '0\u00a0B',
      '250\u00a0B',
      '500\u00a0B',
    ]);
  });

  it('gives all ticks one scale and as many digits as their distance needs', () => {
    const bytes = axisFormatter([0, 2 ** 29, 2 ** 30], unitOf('a_bytes'));
    expect([0, 2 ** 29, 2 ** 30].map(bytes)).toEqual(['0.0\u00a0GiB', '0.5\u00a0GiB', '1.0\u00a0GiB']);
    const percent = axisFormatter([0, 2.5, 5], unitOf('a_percent'));
    expect([0, 2.5, 5].map(percent)).toEqual(['0.0\u00a0%', '2.5\u00a0%', '5.0\u00a0%']);
    const plain = axisFormatter([0, 25_000, 50_000], unitOf('a'));
    expect([0, 25_000, 50_000].map(plain)).toEqual(['0k', '25k', '50k']);
    const narrow = axisFormatter([0.25, 0.5], unitOf('a'));
    expect([0.25, 0.5].map(narrow)).toEqual(['0.25', '0.50']);
  });
});

describe('counts and spans', () => {
  it('groups thousands', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(formatCount(12)).toBe('12');
  });
  it('names a step exactly', () => {
    expect([1, 2_000, 90_000, 1_800_000, 86_400_000].map(formatStep)).toEqual([
      '1 ms',
      '2 s',
      '90 s',
      '30 min',
      '1 d',
    ]);
  });
  it('names one unit, rounded down', () => {
    expect(formatSpan(850)).toBe('850 ms');
    expect(formatSpan(59_999)).toBe('59 s');
    expect(formatSpan(3_600_000)).toBe('1 h');
    expect(formatAgo(0)).toBe('just now');
    expect(formatAgo(180_000)).toBe('3 min ago');
  });
});
