import { expect, test } from 'vitest';
import {
  CUMULATIVE,
  DELTA,
  exponentialPoint,
  histogramPoint,
  metric,
  nanos,
  summaryPoint,
} from '@/test/support/otlp';
import { AT, brief, jsonAttributes, read, readJson } from '@/test/support/otlp-read';
import type { IncomingSample } from '../sample';

const START = AT - 10_000;

test('histograms become counters by bound', () => {
  const point = {
    at: AT,
    start: START,
    count: 6,
    sum: 12.5,
    bounds: [0.5, 10],
    counts: [1, 2, 3],
    labels: { a: 'b' },
  };
  const expected = (index: number) => [
    [index, 'latency_count', { a: 'b' }, AT, 6],
    [index, 'latency_sum', { a: 'b' }, AT, 12.5],
    [index, 'latency_bucket', { a: 'b', le: '0.5' }, AT, 1],
    [index, 'latency_bucket', { a: 'b', le: '10' }, AT, 3],
    [index, 'latency_bucket', { a: 'b', le: '+Inf' }, AT, 6],
  ];
  const { samples } = read(
    metric('latency', 'histogram', [histogramPoint(point)], { temporality: CUMULATIVE }),
    metric('latency', 'histogram', [histogramPoint(point)], { temporality: DELTA }),
  );
  expect(samples.filter(({ index }) => index === 0).map(brief)).toEqual(expected(0));
  const delta = samples.filter(({ index }) => index === 1);
  expect(delta.filter(({ timestamp }) => timestamp === AT).map(brief)).toEqual(expected(1));
  const zeros = delta.filter(({ timestamp }) => timestamp === START + 1);
  expect(zeros.map(({ name, value }) => [name, value])).toEqual(expected(1).map(([, name]) => [name, 0]));
  const { bounds: explicitBounds, counts, ...rest } = point;
  const json = readJson({
    name: 'latency',
    histogram: {
      aggregationTemporality: CUMULATIVE,
      dataPoints: [
        {
          timeUnixNano: String(nanos(AT)),
          count: String(rest.count),
          sum: rest.sum,
          explicitBounds,
          bucketCounts: counts.map(String),
          attributes: jsonAttributes({ a: 'b' }),
        },
      ],
    },
  });
  expect(json.samples.map(brief)).toEqual(expected(0));
});

test('an exponential histogram gets bounds that stay; base 2: above 2^index, at most 2^(index + 1)', () => {
  const expected = [
    ['size_count', undefined, 10],
    ['size_sum', undefined, 20],
    ['size_bucket', '-2', 1],
    ['size_bucket', '0', 3],
    ['size_bucket', '1', 4],
    ['size_bucket', '2', 6],
    ['size_bucket', '4', 6],
    ['size_bucket', '8', 10],
    ['size_bucket', '+Inf', 10],
  ];
  const parts = (samples: IncomingSample[]) =>
    samples.map(({ name, labels: { le }, value }) => [name, le, value]);
  const { samples } = read(
    metric('size', 'exponential', [
      exponentialPoint({
        ...{ at: AT, count: 10, sum: 20, scale: 0, zeroCount: 2 },
        positive: [-1, [1, 2, 0, 4]],
        negative: [1, [1]],
      }),
    ]),
  );
  expect(parts(samples)).toEqual(expected);
  const json = readJson({
    name: 'size',
    exponentialHistogram: {
      dataPoints: [
        {
          ...{ timeUnixNano: String(nanos(AT)), count: 10, sum: 20, scale: 0, zeroCount: '2' },
          positive: { offset: -1, bucketCounts: ['1', '2', 0, '4'] },
          negative: { offset: 1, bucketCounts: [1] },
        },
      ],
    },
  });
  expect(parts(json.samples)).toEqual(expected);
});

test('a summary keeps its quantiles', () => {
  const { samples } = read(
    metric('rpc', 'summary', [
      summaryPoint({
        at: AT,
        count: 3,
        sum: 6,
        quantiles: [
          [0.5, 2],
          [0.99, Number.NaN],
          [1, 3],
        ],
      }),
    ]),
  );
  expect(samples.map(({ name, labels: { quantile }, value, type }) => [name, quantile, value, type])).toEqual(
    [
      ['rpc_count', undefined, 3, 'counter'],
      ['rpc_sum', undefined, 6, 'counter'],
      ['rpc', '0.5', 2, 'gauge'],
      ['rpc', '1', 3, 'gauge'],
    ],
  );
  const quantileValues = [{ quantile: 0.5, value: 2 }];
  const dataPoints = [{ timeUnixNano: String(nanos(AT)), count: 3, sum: 6, quantileValues }];
  expect(readJson({ name: 'rpc', summary: { dataPoints } }).samples).toHaveLength(3);
});
