import { describe, expect, test } from 'vitest';
import { anyValue, CUMULATIVE, DELTA, exportOf, metric, nanos, numberPoint } from '@/test/support/otlp';
import { AT, brief, jsonAttributes, ORIGIN, read, readJson } from '@/test/support/otlp-read';
import { double, fixed64, int, message, nested, text } from '@/test/support/protobuf-writer';
import { all } from '@/test/support/remote-write';
import { decodeExport } from './protobuf';

const START = AT - 10_000;

describe('an export', () => {
  test('is read as it was written', () => {
    const { samples, errors } = read(
      metric('cpu.usage', 'gauge', [
        numberPoint({ at: AT, value: 0.5, labels: { 'cpu.mode': 'user' } }),
        numberPoint({ at: nanos(AT) + 999_999n, value: -3n }),
        numberPoint({ at: AT, value: Number.NaN }),
        numberPoint({ at: AT, flags: 1 }),
      ]),
      metric(
        'requests',
        'sum',
        [
          numberPoint({ at: AT, start: START, value: 2n ** 62n + 1n }),
          numberPoint({ at: AT, start: START, value: 0n, labels: { ok: true } }),
        ],
        { temporality: CUMULATIVE, isMonotonic: true, unit: '{request}' },
      ),
      metric('queue', 'sum', [numberPoint({ at: AT, value: -(2n ** 63n) })], {
        temporality: CUMULATIVE,
        unit: 'By',
      }),
    );
    expect(errors).toEqual([]);
    expect(samples.map(brief)).toEqual([
      [0, 'cpu.usage', { cpu_mode: 'user' }, AT, 0.5],
      [1, 'cpu.usage', {}, AT, -3],
      [4, 'requests', {}, AT, 2 ** 62],
      [5, 'requests', { ok: 'true' }, AT, 0],
      [6, 'queue', {}, AT, -(2 ** 63)],
    ]);
    for (const { labels } of samples) expect(labels).toMatchObject(ORIGIN);
    expect(Object.keys(samples[1].labels).sort()).toEqual(Object.keys(ORIGIN).sort());
    expect(samples.map(({ type, unit }) => [type, unit])).toEqual([
      ['gauge', undefined],
      ['gauge', undefined],
      ['counter', 'request'],
      ['counter', 'request'],
      ['gauge', 'bytes'],
    ]);
  });

  test('as JSON is the same', () => {
    const { samples, errors } = readJson(
      {
        name: 'cpu.usage',
        description: 'ignored',
        gauge: {
          dataPoints: [
            { attributes: jsonAttributes({ mode: 'user' }), timeUnixNano: String(nanos(AT)), asDouble: 0.5 },
            { timeUnixNano: Number(nanos(AT)), asInt: '-9007199254740993' },
            { timeUnixNano: `${nanos(AT) + 999_999n}`, asInt: 7, unknownField: {} },
            { timeUnixNano: String(nanos(AT)), asDouble: 'NaN' },
            { timeUnixNano: String(nanos(AT)), flags: 1 },
          ],
        },
      },
      {
        name: 'requests',
        unit: '1',
        sum: {
          aggregationTemporality: 'AGGREGATION_TEMPORALITY_DELTA',
          isMonotonic: true,
          dataPoints: [
            {
              startTimeUnixNano: String(nanos(START)),
              timeUnixNano: String(nanos(AT)),
              asInt: '3',
              exemplars: [{}],
            },
          ],
        },
      },
    );
    expect(errors).toEqual([]);
    expect(samples.map(brief)).toEqual([
      [0, 'cpu.usage', { mode: 'user' }, AT, 0.5],
      [1, 'cpu.usage', {}, AT, -(2 ** 53)],
      [2, 'cpu.usage', {}, AT, 7],
      [5, 'requests', {}, START + 1, 0],
      [5, 'requests', {}, AT, 3],
    ]);
    for (const { labels } of samples) expect(labels).toMatchObject(ORIGIN);
  });

  test('what was counted since the last time starts at zero where that ended', () => {
    const sum = (start: number | undefined, at: number, value: number) => numberPoint({ start, at, value });
    const { samples } = read(
      metric(
        'jobs',
        'sum',
        [sum(START, AT, 3), sum(AT, AT + 10_000, 0), sum(undefined, AT, 1), sum(1, AT, 2)],
        {
          temporality: DELTA,
          isMonotonic: true,
        },
      ),
      metric('level', 'sum', [sum(START, AT, -3)], { temporality: DELTA }),
    );
    expect(samples.map(({ timestamp, value, type }) => [timestamp, value, type])).toEqual([
      [START + 1, 0, 'counter'],
      [AT, 3, 'counter'],
      [AT + 1, 0, 'counter'],
      [AT + 10_000, 0, 'counter'],
      [AT - 1, 0, 'counter'],
      [AT, 1, 'counter'],
      [AT - 3_600_000, 0, 'counter'],
      [AT, 2, 'counter'],
      [AT, -3, 'gauge'],
    ]);
  });

  test('attributes of every type become text; the own ones of a point win', () => {
    const labels = {
      int: 2n ** 62n + 1n,
      double: 1.5,
      bool: false,
      list: ['a', 1n, true],
      map: { a: 'b' },
      host: 'own',
    };
    const expected = {
      int: '4611686018427387905',
      double: '1.5',
      bool: 'false',
      list: '["a",1,true]',
      map: '{"a":"b"}',
      host: 'own',
    };
    expect(
      read(metric('a', 'gauge', [numberPoint({ at: AT, value: 1, labels })])).samples[0].labels,
    ).toMatchObject(expected);
    const attributes = jsonAttributes({
      int: { intValue: '4611686018427387905' },
      double: { doubleValue: 1.5 },
      bool: { boolValue: false },
      list: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1 }, { boolValue: true }] } },
      map: { kvlistValue: { values: jsonAttributes({ a: 'b' }) } },
      host: 'own',
    });
    const dataPoints = [{ timeUnixNano: String(nanos(AT)), asDouble: 1, attributes }];
    expect(readJson({ name: 'a', gauge: { dataPoints } }).samples[0].labels).toMatchObject(expected);
  });

  test('the order of fields is the sender’s; two scopes, and two resources, are two series', () => {
    const point = [
      nested(7, text(1, 'k'), nested(2, ...anyValue('v'))),
      double(4, 1),
      nested(7, text(1, 'l')),
      fixed64(3, nanos(AT)),
    ];
    const backwards = [nested(7, int(3, 1), int(2, DELTA), nested(1, ...point)), text(1, 'late_name')];
    const { samples } = read(backwards);
    expect(samples.map(({ name, type, value, labels }) => [name, type, value, labels.k, labels.l])).toEqual([
      ['late_name', 'counter', 0, 'v', ''],
      ['late_name', 'counter', 1, 'v', ''],
    ]);
    const one = (scope: string, resource = {}) =>
      exportOf([metric('m', 'gauge', [numberPoint({ at: AT, value: 1 })])], { scope, resource });
    const bodies = [
      one('a'),
      one('b'),
      one('', { 'host.name': 'x' }),
      one('', { 'host.name': 'y' }),
      one(''),
    ];
    expect(all(decodeExport(message(...bodies))).samples.map(({ labels }) => labels)).toEqual([
      { otel_scope_name: 'a' },
      { otel_scope_name: 'b' },
      { host: 'x' },
      { host: 'y' },
      {},
    ]);
  });
});
