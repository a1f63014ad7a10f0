import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyAggregates } from '@/test/support/aggregates';
import { expectCorrectPoints } from '@/test/support/expect-correct-points';
import { expectSamePoints } from '@/test/support/expect-points';
import { anyFloat64 } from '@/test/support/float64';
import { naivePoints, type Samples } from '@/test/support/naive';
import type { Aggregate } from '../../model/aggregates';
import type { Point } from '../../model/points';
import { DAY, HOUR, SECOND } from '../../model/time/duration';
import { evaluate } from './evaluate';
import { SampleBuffer } from './sample-buffer';

function bufferOf(samples: Samples): SampleBuffer {
  const buffer = new SampleBuffer();
  for (const [timestamp, value] of samples) buffer.insert(timestamp, value);
  return buffer;
}

const ask = (group: Samples[], aggregates: Aggregate[], start: number, end: number, step: number): Point[] =>
  evaluate(group.map(bufferOf), { aggregates, start, end, step });

describe('evaluate', () => {
  const a: Samples = [
    [1_000, 10],
    [2_000, 20],
    [11_000, 5],
  ];
  const b: Samples = [
    [2_000, 40],
    [9_999, 1],
  ];

  it('pools the samples of all series of a group', () => {
    const all: Aggregate[] = ['avg', 'sum', 'min', 'max', 'count', 'last'];
    expect(ask([a, b], all, 0, 20_000, 10_000)).toEqual([
      [0, 71 / 4, 71, 1, 40, 4, 1],
      [10_000, 5, 5, 5, 5, 1, 5],
    ]);
  });

  it('gives values in the order asked for', () => {
    expect(ask([a], ['max', 'count', 'min'], 0, 10_000, 10_000)).toEqual([[0, 20, 2, 10]]);
  });

  it('takes the highest of the newest values where they are of one instant', () => {
    expect(ask([a, b], ['last'], 0, 3_000, 3_000)).toEqual([[0, 40]]);
    expect(ask([b, a], ['last'], 0, 3_000, 3_000)).toEqual([[0, 40]]);
  });

  it('leaves out steps without samples, and answers nothing with nothing', () => {
    expect(ask([a], ['avg'], 0, 20_000, 1_000).map(([t]) => t)).toEqual([1_000, 2_000, 11_000]);
    expect(ask([], ['avg'], 0, 20_000, 1_000)).toEqual([]);
    expect(ask([[]], ['p99'], 0, 20_000, 1_000)).toEqual([]);
  });

  it('counts growth from the sample before the range, and a fall as a restart from 0', () => {
    const counter: Samples = [
      [0, 100],
      [1_000, 110],
      [2_000, 3],
      [3_000, 5],
    ];
    expect(ask([counter], ['increase'], 1_000, 4_000, 1_000)).toEqual([
      [1_000, 10],
      [2_000, 3],
      [3_000, 2],
    ]);
    expect(ask([counter], ['rate'], 0, 10_000, 10_000)).toEqual([[0, 15 / 3]]);
  });

  it('adds up the rates of the series of a group', () => {
    const fast: Samples = [
      [0, 0],
      [1_000, 10],
    ];
    const slow: Samples = [
      [0, 0],
      [4_000, 10],
    ];
    expect(ask([fast, slow, [[0, 7]]], ['rate', 'increase'], 0, 10_000, 10_000)).toEqual([[0, 12.5, 20]]);
  });

  it('counts no growth across more than fourteen days', () => {
    const counter: Samples = [
      [0, 1],
      [14 * DAY, 3],
      [28 * DAY + 1, 9],
    ];
    expect(ask([counter], ['increase'], 0, 29 * DAY, DAY)).toEqual([[14 * DAY, 2]]);
  });

  it('interpolates percentiles', () => {
    const values: Samples = [4, 1, 3, 2].map((value, i) => [i, value]);
    expect(ask([values], ['p50', 'p90'], 0, 10, 10)).toEqual([[0, 2.5, 1 + 3 * 0.9]]);
  });

  it('gives the last value of float64 for what is beyond, and keeps the rest of the point', () => {
    expect(
      ask(
        [
          [
            [0, 1.7e308],
            [1, 1.7e308],
          ],
        ],
        ['sum', 'avg', 'sum(last)', 'p25'],
        0,
        10,
        10,
      ),
    ).toEqual([[0, Number.MAX_VALUE, 1.7e308, 1.7e308, 1.7e308]]);
  });

  it('makes a value of each series first, then of the series', () => {
    const aggregates: Aggregate[] = [
      'sum(avg)',
      'avg(last)',
      'max(sum)',
      'min(count)',
      'count(first)',
      'p50(max)',
    ];
    expect(ask([a, b, []], aggregates, 0, 20_000, 10_000)).toEqual([
      [0, 15 + 20.5, (20 + 1) / 2, 41, 2, 2, 30],
      [10_000, 5, 5, 5, 1, 1, 5],
    ]);
    expect(ask([a, b], ['stddev(max)', 'stddev'], 0, 10_000, 10_000)).toEqual([
      [0, 10, Math.sqrt((100 + 400 + 1_600 + 1) / 4 - (71 / 4) ** 2)],
    ]);
  });

  it('gives the first value, of one instant the highest', () => {
    const c: Samples = [[1_000, 11]];
    expect(ask([a, b, c], ['first', 'max(first)'], 0, 10_000, 10_000)).toEqual([[0, 11, 40]]);
    expect(ask([c, b, a], ['first'], 0, 10_000, 10_000)).toEqual([[0, 11]]);
  });

  it('knows no restarts in a delta', () => {
    expect(ask([a, b], ['delta', 'increase', 'min(delta)'], 0, 20_000, 20_000)).toEqual([[0, -44, 16, -39]]);
  });

  it('gives null where one of several cannot be computed, and leaves out points without a value', () => {
    expect(ask([a, b], ['avg', 'rate', 'max(delta)'], 0, 3_000, 1_000)).toEqual([
      [1_000, 10, null, null],
      [2_000, 30, 10, 10],
    ]);
    expect(ask([a, b], ['rate', 'max(delta)'], 0, 2_000, 1_000)).toEqual([]);
  });

  it('keeps the digits of a deviation far from zero', () => {
    const far: Samples = Array.from({ length: 1_000 }, (_, i) => [i, 1.7e9 + (i % 10)]);
    const [[, stddev]] = ask([far], ['stddev'], 0, 1_000, 1_000);
    expect(stddev).toBeCloseTo(Math.sqrt(8.25), 12);
  });

  it('answers a range of many more steps than samples', () => {
    const sparse: Samples = [
      [0, 1],
      [HOUR - 1, 2],
    ];
    expect(ask([sparse], ['avg'], 0, HOUR, 1)).toEqual([
      [0, 1],
      [HOUR - 1, 2],
    ]);
    expect(ask([sparse], ['increase'], 0, HOUR, 1)).toEqual([[HOUR - 1, 1]]);
  });

  it('equals the definitions, for any samples and question', () => {
    const anySamples = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: -50, max: 1_000 })), {
        selector: ([t]) => t,
        maxLength: 60,
      })
      .map(
        (samples): Samples =>
          samples.map(([t, value]) => [t * SECOND, value / 4] as const).sort(([x], [y]) => x - y),
      );
    fc.assert(
      fc.property(
        fc.array(anySamples, { maxLength: 4 }),
        anyAggregates,
        fc.constantFrom(1, 7, 10, 60, 600).map((seconds) => seconds * SECOND),
        fc.nat(20),
        fc.nat(120),
        (group, aggregates, step, from, length) => {
          const question = { aggregates, step, start: from * step, end: (from + length) * step };
          expectSamePoints(evaluate(group.map(bufferOf), question), naivePoints(group, question));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('equals the definitions over the whole range of float64', () => {
    const anySamples = fc
      .uniqueArray(fc.tuple(fc.nat(120), anyFloat64), { selector: ([t]) => t, maxLength: 12 })
      .map(
        (samples): Samples =>
          samples.map(([t, value]) => [t * SECOND, value] as const).sort(([x], [y]) => x - y),
      );
    fc.assert(
      fc.property(
        fc.array(anySamples, { maxLength: 3 }),
        anyAggregates,
        fc.constantFrom(10, 60, 600).map((seconds) => seconds * SECOND),
        (group, aggregates, step) => {
          const question = { aggregates, step, start: 0, end: 600 * SECOND };
          expectCorrectPoints(evaluate(group.map(bufferOf), question), group, question);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [
      ['avg', 'sum'],
      [1.7e308, 1.7e308, -1.7e308],
      [1.7e308 / 3, 1.7e308],
    ],
    [
      ['avg', 'sum'],
      [1.7e308, 1.7e308, 1.7e308],
      [1.7e308, Number.MAX_VALUE],
    ],
    [
      ['avg', 'rate', 'sum'],
      [0, 5e-324, 0],
      [0, 0, 5e-324],
    ],
    [
      ['avg', 'sum'],
      [-5e-324, 0],
      [0, -5e-324],
    ],
    [
      ['increase', 'rate', 'delta'],
      [-1.7e308, 1.7e308],
      [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE],
    ],
    [
      ['p50', 'p75', 'stddev'],
      [-Number.MAX_VALUE, Number.MAX_VALUE],
      [0, Number.MAX_VALUE / 2, Number.MAX_VALUE],
    ],
    [
      ['min', 'max', 'last'],
      [-0, -0],
      [0, 0, 0],
    ],
  ] as Array<[Aggregate[], number[], number[]]>)('gives %j of %j', (aggregates, values, expected) => {
    const samples: Samples = values.map((value, i) => [i * SECOND, value]);
    const [[, ...found]] = ask([samples], aggregates, 0, 10 * SECOND, 10 * SECOND);
    found.forEach((value, i) => {
      const truth = Math.min(Number.MAX_VALUE, expected[i]);
      expect(
        Object.is(value, truth) || Math.abs(value! - truth) <= 1e-12 * truth,
        `${value}, not ${truth}`,
      ).toBe(true);
    });
  });

  it('divides growth that no float64 holds', () => {
    const samples: Samples = [
      [0, -1.7e308],
      [60 * SECOND, 1.7e308],
    ];
    const [[, rate]] = ask([samples], ['rate'], 0, 100 * SECOND, 100 * SECOND);
    expect(rate! / 1e306).toBeCloseTo((2 * 170) / 60, 9);
  });
});
