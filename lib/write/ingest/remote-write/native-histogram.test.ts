import { describe, expect, test } from 'vitest';
import { double, int, nested, packed, zigzag } from '@/test/support/protobuf-writer';
import {
  AT,
  all,
  named,
  nativeHistogram,
  type SentSeries,
  STALE,
  VERSIONS,
} from '@/test/support/remote-write';

describe.each(VERSIONS)('remote write %s', (_version, decode, encode) => {
  const read = (...series: SentSeries[]) => all(decode(encode(series)));

  test('a native histogram becomes count, sum and buckets with fixed bounds', () => {
    const { samples } = read({
      labels: named('latency', { job: 'a' }),
      histograms: [nativeHistogram(AT), nativeHistogram(AT + 1, { sum: Number.NaN })],
    });
    const of = (index: number) =>
      samples
        .filter((each) => each.index === index)
        .map(({ name, labels: { le }, value }) => [name, le, value]);
    const buckets = [
      ['latency_bucket', '-1', 1],
      ['latency_bucket', '1e-9', 3],
      ['latency_bucket', '1', 4],
      ['latency_bucket', '2', 6],
      ['latency_bucket', '4', 6],
      ['latency_bucket', '8', 9],
      ['latency_bucket', '+Inf', 9],
    ];
    expect(of(0)).toEqual([['latency_count', undefined, 9], ['latency_sum', undefined, 10], ...buckets]);
    expect(of(1)).toEqual([['latency_count', undefined, 9], ...buckets]);
    expect(samples.every(({ type, labels }) => type === 'counter' && labels.job === 'a')).toBe(true);
  });

  test('the mark that a histogram ended is left out', () => {
    const { samples, errors } = read({
      labels: named('latency'),
      histograms: [[double(3, STALE), int(15, AT)]],
    });
    expect([samples, errors]).toEqual([[], []]);
  });

  test('a native histogram with thousands of buckets is refused, however they are written', () => {
    const many = Array.from({ length: 4_001 }, () => zigzag(0));
    for (const buckets of [[packed(12, many)], many.map(() => double(10, 0)), many.map(() => nested(8))])
      expect(() =>
        read({ labels: named('latency'), histograms: [[int(1, 1), ...buckets, int(15, AT)]] }),
      ).toThrow('a histogram has more than 4000 buckets');
  });
});
