import { describe, expect, test } from 'vitest';
import { isPulseError } from '@/lib/model/errors';
import { Dice } from '@/test/support/hostile-bodies';
import { usedBytes } from '@/test/support/memory';
import {
  type AttributeValue,
  CUMULATIVE,
  exponentialPoint,
  exportOf,
  histogramPoint,
  metric,
  nanos,
  numberPoint,
  summaryPoint,
} from '@/test/support/otlp';
import { bytes, double, int, message, nested, packed, text, varint } from '@/test/support/protobuf-writer';
import { all } from '@/test/support/remote-write';
import { decodeJsonExport } from './json';
import { decodeExport } from './protobuf';

const AT = 1_795_200_000_000;
const MIB = 2 ** 20;
const deep = (depth: number): AttributeValue => (depth === 0 ? 'x' : [deep(depth - 1)]);
const one = numberPoint({ at: AT, value: 1 });

/** How many samples there are in it, or why there are none. */
const outcomeOf = (decode: typeof decodeExport) => (body: Buffer) => {
  try {
    return all(decode(body)).samples.length;
  } catch (error) {
    if (isPulseError(error)) return error.code;
    throw error;
  }
};
const outcome = outcomeOf(decodeExport);
const outcomeOfJson = outcomeOf(decodeJsonExport);

const WHOLE = exportOf(
  [
    metric('a.total', 'sum', [numberPoint({ at: AT, value: 2n ** 60n, labels: { list: ['a', { b: 1 }] } })], {
      temporality: CUMULATIVE,
      isMonotonic: true,
    }),
    metric('b', 'histogram', [
      histogramPoint({ at: AT, count: 3, sum: 1, bounds: [1, 2], counts: [1, 1, 1] }),
    ]),
    metric('c', 'exponential', [
      exponentialPoint({ at: AT, count: 3, sum: 1, scale: 3, zeroCount: 0, positive: [-5, [1, 2]] }),
    ]),
    metric('d', 'summary', [summaryPoint({ at: AT, count: 3, sum: 1, quantiles: [[0.5, 1]] })]),
  ],
  { resource: { 'host.name': 'x' }, scope: 'y' },
);
const WHOLE_JSON = Buffer.from(
  JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'host.name', value: { stringValue: 'x' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'a',
                gauge: { dataPoints: [{ timeUnixNano: String(nanos(AT)), asInt: '1', attributes: [] }] },
              },
              {
                name: 'b',
                histogram: {
                  dataPoints: [{ timeUnixNano: '1', count: 1, bucketCounts: [1, 0], explicitBounds: [1] }],
                },
              },
            ],
          },
        ],
      },
    ],
  }),
);

describe('what is cut off, flipped or made up is refused or read, and nothing else', () => {
  test.each([
    ['protobuf', WHOLE, outcome, ['bad_body']],
    ['JSON', WHOLE_JSON, outcomeOfJson, ['bad_body', 'bad_shape', 'bad_json']],
  ] as const)('%s', async (_encoding, whole, of, codes) => {
    const dice = new Dice(7);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect([expect.any(Number), ...codes]).toContainEqual(of(flipped));
    }
    for (let length = 1; length < whole.length; length++) of(whole.subarray(0, length));
    expect(codes).toContain(of(whole.subarray(0, -1)));
    const before = await usedBytes();
    for (let i = 0; i < 5_000; i++) {
      const body = Buffer.from(Array.from({ length: dice.below(300) }, () => dice.below(256)));
      if (dice.chance(0.5)) whole.copy(body, dice.below(body.length + 1), dice.below(whole.length));
      of(body);
    }
    expect((await usedBytes()) - before).toBeLessThan(32 * MIB);
  });

  test('JSON of any shape', () => {
    for (const body of [
      'null',
      '1',
      '"x"',
      '[]',
      '{"resourceMetrics":{}}',
      '{"resourceMetrics":[1]}',
      '[[',
      '',
    ])
      expect(['bad_shape', 'bad_json'], body).toContain(outcomeOfJson(Buffer.from(body)));
    for (const body of [
      '{}',
      '{"resourceMetrics":null}',
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{}]}]}]}',
    ])
      expect(outcomeOfJson(Buffer.from(body)), body).toBe(0);
    for (const [field, value] of [
      ['asDouble', '"x"'],
      ['asInt', '{}'],
      ['timeUnixNano', '"-1"'],
      ['timeUnixNano', '1e400'],
      ['timeUnixNano', '"1e3"'],
      ['attributes', '{}'],
      ['attributes', '[{"key":1}]'],
      ['attributes', '[{"key":"a","value":[]}]'],
    ]) {
      const point = `{"asDouble":1,"${field}":${value}}`;
      const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[${point}]}}]}]}]}`;
      expect(['bad_shape', 1], point).toContain(outcomeOfJson(Buffer.from(body)));
    }
  });
});

describe('what would cost more than it is worth', () => {
  test('attributes within attributes', () => {
    const of = (depth: number) =>
      outcome(
        exportOf([metric('a', 'gauge', [numberPoint({ at: AT, value: 1, labels: { deep: deep(depth) } })])]),
      );
    expect([of(10), of(20), of(2_000)]).toEqual([1, 'bad_body', 'bad_body']);
    const json = (depth: number) => {
      const value = `${'{"arrayValue":{"values":['.repeat(depth)}{"stringValue":"x"}${']}}'.repeat(depth)}`;
      const point = `{"asDouble":1,"attributes":[{"key":"a","value":${value}}]}`;
      const metrics = `[{"name":"a","gauge":{"dataPoints":[${point}]}}]`;
      return outcomeOfJson(Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":${metrics}}]}]}`));
    };
    expect([json(5), json(20), json(2_000), json(200_000)]).toEqual([
      1,
      'bad_shape',
      'bad_shape',
      'bad_shape',
    ]);
  });

  test('lists, buckets, attributes and points by the million', async () => {
    // Apart: what this test has made is gone with it.
    const decodeMillions = () => {
      const millions = Buffer.alloc(4 * MIB, 1);
      const points = (...each: Buffer[][]) => exportOf([metric('a', 'gauge', each)]);
      const nulls = nested(5, Buffer.alloc(4 * MIB, Buffer.from([0x0a, 0])));
      expect(outcome(points([...one, nested(7, text(1, 'list'), nested(2, nulls))]))).toBe(1);
      const buckets = exponentialPoint({
        at: AT,
        count: 1,
        sum: 1,
        scale: 1,
        zeroCount: 0,
        positive: [0, []],
      });
      const wide = exportOf([metric('a', 'exponential', [[...buckets, nested(8, bytes(2, millions))]])]);
      expect(all(decodeExport(wide)).errors).toMatchObject([{ index: 0, code: 'bad_sample' }]);
      const names = Array.from({ length: 100_000 }, (_, i) => nested(7, text(1, `l${i}`)));
      expect(all(decodeExport(points([Buffer.concat([...one, ...names])]))).errors).toMatchObject([
        { code: 'too_many_labels' },
      ]);
      const empty = Buffer.alloc(2 * MIB, Buffer.from([0x0a, 0]));
      const body = message(nested(1, nested(2, nested(2, text(1, 'a'), bytes(5, empty)))));
      let most = 0;
      for (const { errors } of decodeExport(body)) most = Math.max(most, errors.length);
      expect(most).toBeLessThanOrEqual(5_000);
    };
    const before = await usedBytes();
    decodeMillions();
    expect((await usedBytes()) - before).toBeLessThan(32 * MIB);
  });

  test('JSON with more points than are worth it', () => {
    const many = `[${Array(100_001).fill('{"asInt":1}').join()}]`;
    const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":${many}}}]}]}]}`;
    expect(outcomeOfJson(Buffer.from(body))).toBe('too_many_samples');
  });
});

test('a point that cannot be one takes none of the others with it', () => {
  const twice = [...one, nested(7, text(1, 'a')), nested(7, text(1, 'a'))];
  const gauge = [numberPoint({ at: AT }), twice, one];
  const histogram = (bounds: number[], counts: number[]) =>
    histogramPoint({ at: AT, count: 1, bounds, counts });
  const scaled = (scale: number) =>
    exponentialPoint({ at: AT, count: 1, sum: 1, scale, zeroCount: 0, positive: [2 ** 31 - 1, [1]] });
  const { samples, errors } = all(
    decodeExport(
      exportOf([
        metric('a', 'gauge', gauge),
        metric('b', 'histogram', [
          histogram([1, 2], [1, 1]),
          histogram([2, 1], [1, 1, 1]),
          histogram([], []),
        ]),
        metric('c', 'exponential', [scaled(21), scaled(-11), scaled(20), scaled(2 ** 31 - 1)]),
      ]),
    ),
  );
  expect(errors.map(({ index, code }) => [index, code])).toEqual([
    [0, 'bad_sample'],
    [1, 'bad_label'],
    [3, 'bad_sample'],
    [4, 'bad_sample'],
    [6, 'bad_sample'],
    [7, 'bad_sample'],
    [9, 'bad_sample'],
  ]);
  expect(new Set(samples.map(({ index }) => index))).toEqual(new Set([2, 5, 8]));
});

test('fields written in a way that is not theirs are unknown ones', () => {
  const wrong = [int(3, AT), double(7, 1), packed(4, [varint(1)])];
  expect(outcome(exportOf([metric('a', 'gauge', [[...one, ...wrong]])]))).toBe(1);
});
