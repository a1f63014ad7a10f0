import { describe, expect, test } from 'vitest';
import { isPulseError } from '@/lib/model/errors';
import { Dice } from '@/test/support/hostile-bodies';
import { usedBytes } from '@/test/support/memory';
import { bytes, double, int, message, nested, text, varint } from '@/test/support/protobuf-writer';
import {
  AT,
  all,
  encodeV2,
  named,
  nativeHistogram,
  type SentSeries,
  STALE,
  VERSIONS,
} from '@/test/support/remote-write';
import { decodeWriteRequest } from './v1';
import { decodeWriteRequest2 } from './v2';

describe.each(VERSIONS)('a body of remote write %s', (_version, decode, encode) => {
  const isFirst = decode === decodeWriteRequest;
  const seriesField = isFirst ? 1 : 5;
  const read = (...series: SentSeries[]) => all(decode(encode(series)));

  test('is read as it was written', () => {
    const { samples, errors } = read(
      { labels: named('up', { job: 'node', instance: 'a:9100' }), samples: [[AT, 1]] },
      {
        labels: named('http_requests_total', { path: '/ü😀' }),
        samples: [
          [AT, 0],
          [AT + 1_000, 2 ** 63],
        ],
      },
      {
        labels: named('temperature'),
        samples: [
          [0, -1.5],
          [-1, 5e-324],
          [2n ** 63n - 1n, 3],
        ],
      },
    );
    expect(errors).toEqual([]);
    expect(
      samples.map(({ index, name, labels, timestamp, value, type }) => [
        index,
        name,
        labels,
        timestamp,
        value,
        type,
      ]),
    ).toEqual([
      [0, 'up', { job: 'node', instance: 'a:9100' }, AT, 1, undefined],
      [1, 'http_requests_total', { path: '/ü😀' }, AT, 0, 'counter'],
      [2, 'http_requests_total', { path: '/ü😀' }, AT + 1_000, 2 ** 63, 'counter'],
      [3, 'temperature', {}, 0, -1.5, undefined],
      [4, 'temperature', {}, -1, 5e-324, undefined],
      [5, 'temperature', {}, 2 ** 63, 3, undefined],
    ]);
  });

  test('values that are no numbers are left out, and are not wrong', () => {
    const { samples, errors } = read({
      labels: named('quantile'),
      samples: [
        [AT, Number.NaN],
        [AT + 1, STALE],
        [AT + 2, 1],
        [AT + 3, Number.POSITIVE_INFINITY],
      ],
    });
    expect(errors).toEqual([]);
    expect(samples.map(({ index, value }) => [index, value])).toEqual([[2, 1]]);
  });

  test('names of other alphabets become ours', () => {
    const { samples } = read(
      {
        labels: named('http.server.duration', { 'service.name': 'a', service_name: 'b', '1st': 'x' }),
        samples: [[AT, 1]],
      },
      { labels: named('température 😀'), samples: [[AT, 2]] },
      { labels: named('9lives'), samples: [[AT, 3]] },
    );
    expect(samples.map(({ name, labels }) => [name, labels])).toEqual([
      ['http.server.duration', { service_name: 'a;b', _1st: 'x' }],
      ['temp_rature__', {}],
      ['_9lives', {}],
    ]);
  });

  test('a series that cannot be one takes none of the others with it', () => {
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x']));
    const { samples, errors } = read(
      { labels: { job: 'nameless' }, samples: [[AT, 1]] },
      {
        labels: [
          ['__name__', 'twice'],
          ['a', '1'],
          ['a', '2'],
        ],
        samples: [
          [AT, 1],
          [AT + 1, 1],
        ],
      },
      { labels: named('many', many), samples: [[AT, 1]] },
      { labels: named('good'), samples: [[AT, 1]] },
    );
    expect(samples.map(({ index, name }) => [index, name])).toEqual([[4, 'good']]);
    expect(errors.map(({ index, code }) => [index, code])).toEqual([
      [0, 'bad_name'],
      [1, 'bad_label'],
      [2, 'bad_label'],
      [3, 'too_many_labels'],
    ]);
  });

  test('items are counted, and come in portions', () => {
    const series = Array.from({ length: 12_000 }, (_, i) => ({
      labels: named('busy', { i: String(i % 10) }),
      samples: [[AT + i, i]] as Array<[number, number]>,
      histograms: i % 1_000 === 0 ? [nativeHistogram(AT + i)] : [],
    }));
    const portions = [...decode(encode(series))];
    expect(portions.length).toBeGreaterThan(1);
    const counted = { samples: 0, histograms: 0 };
    for (const { items } of portions) {
      counted.samples += items!.counts.samples;
      counted.histograms += items!.counts.histograms;
    }
    expect(counted).toEqual({ samples: 12_000, histograms: 12 });
    expect(portions[0].items!.kindOf(0)).toBe('samples');
    expect(portions[0].items!.kindOf(1)).toBe('histograms');
  });

  test('nothing is nothing', () => {
    expect(read()).toEqual({ samples: [], errors: [] });
  });

  test('what is cut off, flipped or made up is refused or read, and nothing else', async () => {
    const dice = new Dice(11);
    const whole = encode([
      {
        labels: named('a_total', { job: 'x', instance: 'y' }),
        samples: [
          [AT, 1],
          [AT + 1, 2],
        ],
      },
      { labels: named('b', { job: 'x' }), samples: [[AT, 1]], histograms: [nativeHistogram(AT)] },
    ]);
    const outcome = (body: Buffer) => {
      try {
        return all(decode(body)).samples.length;
      } catch (error) {
        if (isPulseError(error)) return error.code;
        throw error;
      }
    };
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect([expect.any(Number), 'bad_body']).toContainEqual(outcome(flipped));
    }
    for (let length = 1; length < whole.length; length++) outcome(whole.subarray(0, length));
    expect(outcome(whole.subarray(0, -1))).toBe('bad_body');
    const before = await usedBytes();
    for (let i = 0; i < 5_000; i++) {
      const body = Buffer.from(Array.from({ length: dice.below(200) }, () => dice.below(256)));
      if (dice.chance(0.5)) whole.copy(body, dice.below(body.length + 1), dice.below(whole.length));
      outcome(body);
    }
    expect((await usedBytes()) - before).toBeLessThan(32 * 2 ** 20);
  });

  test('numbers and lengths that cannot be meant are refused', () => {
    const eleven = Buffer.from([...Array(10).fill(0x80), 1]);
    const bodies = {
      'a varint of eleven bytes': message(Buffer.from([0x08]), eleven),
      'a varint of more than 64 bits': message(Buffer.from([0x08]), Buffer.from([...Array(9).fill(0xff), 2])),
      'field number zero': Buffer.from([0x00, 0x01]),
      'a group': Buffer.from([0x0b, 0x0c]),
      'a length of gigabytes': message(Buffer.from([0x0a]), varint(4e9), Buffer.alloc(10)),
      'a length of 2^64': message(Buffer.from([0x0a]), varint(2n ** 64n - 1n), Buffer.alloc(10)),
      'a field longer than what it is in': nested(seriesField, Buffer.from([0x0a, 0x7f])),
      'a fixed field beyond the end': nested(seriesField, Buffer.from([0x09, 0, 0])),
      'text that is not UTF-8': invalidText(isFirst),
    };
    for (const [what, body] of Object.entries(bodies))
      expect(() => all(decode(body)), what).toThrow(expect.objectContaining({ code: 'bad_body' }));
  });

  test('a million labels are not read to their end', () => {
    const { errors } = all(decode(isFirst ? manyLabels() : manyRefs()));
    expect(errors).toMatchObject([{ code: isFirst ? 'too_many_labels' : 'bad_label' }]);
  });

  test('unknown fields are passed over, and a message within itself a thousand times is one of them', () => {
    let deep: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 1_000; i++) deep = nested(1, deep);
    const body = message(
      encode([{ labels: named('a'), samples: [[AT, 1]] }]),
      nested(9, deep),
      int(77, 1),
      text(78, 'x'),
    );
    expect(all(decode(body)).samples).toHaveLength(1);
  });
});

function invalidText(isFirst: boolean): Buffer {
  const invalid = Buffer.from([0xff, 0xfe]);
  const one = nested(2, double(1, 1), int(2, AT));
  if (isFirst) return nested(1, nested(1, text(1, '__name__'), bytes(2, invalid)), one);
  return message(
    text(4, ''),
    text(4, '__name__'),
    bytes(4, invalid),
    nested(5, bytes(1, Buffer.from([1, 2])), one),
  );
}

function manyLabels(): Buffer {
  const labels = Array.from({ length: 1_000_000 }, (_, i) => nested(1, text(1, `l${i}`)));
  const name = nested(1, text(1, '__name__'), text(2, 'wide'));
  return nested(1, name, Buffer.concat(labels), nested(2, double(1, 1), int(2, AT)));
}

function manyRefs(): Buffer {
  const refs = Buffer.alloc(2_000_000, 1);
  return message(text(4, ''), text(4, 'a'), nested(5, bytes(1, refs), nested(2, double(1, 1), int(2, AT))));
}

test('2.0 says what a metric is; a symbol that is not there ends the body', () => {
  const { samples } = all(
    decodeWriteRequest2(
      encodeV2([
        { labels: named('seconds'), samples: [[AT, 1]], type: 1, unit: 'seconds' },
        { labels: named('requests_total'), samples: [[AT, 1]], type: 2, unit: `a${'\0'}b` },
        { labels: named('latency_bucket', { le: '1' }), samples: [[AT, 1]], type: 3 },
      ]),
    ),
  );
  expect(samples.map(({ type, unit }) => [type, unit])).toEqual([
    ['counter', 'seconds'],
    ['gauge', undefined],
    ['counter', undefined],
  ]);
  const body = message(text(4, ''), nested(5, bytes(1, Buffer.from([1, 2]))));
  expect(() => all(decodeWriteRequest2(body))).toThrow(expect.objectContaining({ code: 'bad_body' }));
});

test('1.0: labels may be anywhere in their series', () => {
  const one = nested(2, double(1, 1), int(2, AT));
  const name = nested(1, text(1, '__name__'), text(2, 'late'));
  const job = nested(1, text(2, 'x'), text(1, 'job'));
  const { samples } = all(decodeWriteRequest(nested(1, one, name, one, job)));
  expect(samples).toMatchObject([
    { name: 'late', labels: { job: 'x' } },
    { name: 'late', labels: { job: 'x' } },
  ]);
});
