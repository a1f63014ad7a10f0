import { describe, expect, test } from 'vitest';
import { isPulseError } from '@/lib/model/errors';
import { Dice } from '@/test/support/hostile-bodies';
import { usedBytes } from '@/test/support/memory';
import type { ExpositionFormat } from './exposition';
import { readGrouping } from './grouping';
import { decodePush } from './push';

const JOB = { job: 'backup' };

function decode(text: string | Buffer, format: ExpositionFormat = 'text', grouping = JOB) {
  const portions = [...decodePush(Buffer.from(text), format, grouping)];
  return {
    samples: portions.flatMap(({ samples }) => samples),
    errors: portions.flatMap(({ errors }) => errors),
  };
}

describe('the path', () => {
  test('names the labels of the group', () => {
    for (const [rest, labels] of [
      ['job/backup', { job: 'backup' }],
      ['job/nightly%20run/instance/db-1', { job: 'nightly run', instance: 'db-1' }],
      ['job@base64/YmF0Y2gvMQ/path@base64/L3Zhci90bXA=', { job: 'batch/1', path: '/var/tmp' }],
      ['job/a/instance@base64/=', { job: 'a', instance: '' }],
      ['job/%E2%82%AC/city@base64/TcO8bmNoZW4', { job: '€', city: 'München' }],
      ['job/first/job/second', { job: 'first' }],
    ] as const)
      expect(readGrouping(rest), rest).toEqual(labels);
  });

  test('is refused where it does not', () => {
    for (const rest of [
      'job',
      'job/a/instance',
      'job/a/9/b',
      'job/a/__name__/b',
      'job/a/a-b/c',
      'job@base64/=',
      'job@base64/_w',
      'job@base64/a.b',
      'job/%ff',
      'job/a/%zz/b',
    ])
      expect(() => readGrouping(rest), rest).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });
});

describe('a push', () => {
  test('has the labels of its group in place of its own', () => {
    const text = `# TYPE rows counter
rows{job="own",kind="full"} 12
# TYPE took gauge
# UNIT took seconds
took 1.5 1795200000123
none NaN
`;
    const { samples, errors } = decode(text);
    expect(errors).toEqual([]);
    expect(samples).toMatchObject([
      { name: 'rows', value: 12, labels: { job: 'backup', kind: 'full' }, type: 'counter' },
      {
        name: 'took',
        value: 1.5,
        timestamp: 1_795_200_000_123,
        labels: JOB,
        type: 'gauge',
        unit: 'seconds',
      },
    ]);
    expect(samples[0].timestamp).toBeLessThanOrEqual(Date.now());
  });

  test('is taken whole, in turns where it is long', () => {
    const lines = Array.from({ length: 12_345 }, (_, i) => `rows{n="${i}"} ${i}\n`).join('');
    const portions = [...decodePush(Buffer.from(lines), 'text', JOB)];
    expect(portions.length).toBe(3);
    const values = portions.flatMap(({ samples }) => samples.map(({ value }) => value));
    expect(values).toEqual(Array.from({ length: 12_345 }, (_, i) => i));
    expect(decode('')).toEqual({ samples: [], errors: [] });
    expect(decode('a 1\n# EOF\n', 'openmetrics').samples).toHaveLength(1);
  });

  test('is refused where it is wrong, with the line', () => {
    for (const [text, format] of [
      ['a 1\nb\n', 'text'],
      ['a{x="1} 1', 'text'],
      ['a 1 2 3', 'text'],
      ['{"a":1}', 'text'],
      ['a 1\n', 'openmetrics'],
      [Buffer.from('a 1\xff', 'latin1'), 'text'],
    ] as const)
      expect(() => decode(text, format), String(text)).toThrow(expect.objectContaining({ code: 'bad_body' }));
    expect(decode('a{x=1} 1\nb 2\n')).toMatchObject({
      samples: [{ name: 'b' }],
      errors: [{ index: 0, message: 'a{x=1} is no series' }],
    });
  });
});

test('of garbage nothing stays, and nothing else than a refusal comes', async () => {
  const dice = new Dice(11);
  const parts = [
    'a',
    '{',
    '}',
    '"',
    '=',
    ',',
    ' ',
    '1',
    'e',
    '.',
    '#',
    ' TYPE a counter\n',
    '\n',
    '\\',
    'NaN',
    '\0',
    '😀',
  ];
  const before = await usedBytes();
  for (let i = 0; i < 5_000; i++) {
    const text = Array.from({ length: dice.below(80) }, () => dice.pick(parts)).join('');
    try {
      for (const { value, timestamp } of decode(text, dice.pick(['text', 'openmetrics'] as const)).samples)
        expect([Number.isFinite(value), Number.isNaN(timestamp)]).toEqual([true, false]);
    } catch (error) {
      expect(isPulseError(error) && error.code, text).toBe('bad_body');
    }
  }
  expect((await usedBytes()) - before).toBeLessThan(32 * 2 ** 20);
});
