import { describe, expect, test } from 'vitest';
import { type Labels, labelsKey } from '../../model/labels';
import { admit } from './admission';
import type { IncomingSample } from './sample';

const window = { oldest: 1_000, newest: 2_000 };
const sample = (change: Partial<IncomingSample>): IncomingSample => ({
  index: 0,
  name: 'cpu',
  value: 1,
  timestamp: 1_500,
  labels: {},
  ...change,
});
const reasonFor = (change: Partial<IncomingSample>) => {
  const [error] = admit([sample(change)], window).errors;
  return error && [error.path, error.code];
};
const own = (name: string, value: string): Labels =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

test('a timestamp that is no time at all is refused', () => {
  expect(reasonFor({ timestamp: Number.POSITIVE_INFINITY })).toEqual(['timestamp', 'in_future']);
  expect(reasonFor({ timestamp: Number.NEGATIVE_INFINITY })).toEqual(['timestamp', 'too_old']);
  expect(reasonFor({ timestamp: Number.MAX_VALUE })).toEqual(['timestamp', 'in_future']);
  expect(reasonFor({ timestamp: -Number.MAX_VALUE })).toEqual(['timestamp', 'too_old']);
  expect(reasonFor({ timestamp: Number.NaN })).toEqual(['timestamp', 'bad_timestamp']);
});

describe('a timestamp in another unit than it was read in', () => {
  const NOW = 1_795_200_000_000;
  const today = { oldest: NOW - 1_000, newest: NOW + 1_000 };
  test.each([
    ['seconds', NOW / 1e3, undefined, 'too_old', 'it looks like seconds; milliseconds are expected'],
    ['microseconds', NOW * 1e3, 'ms', 'in_future', 'it looks like microseconds; milliseconds are expected'],
    ['nanoseconds', NOW * 1e6, 'ms', 'in_future', 'it looks like nanoseconds; milliseconds are expected'],
    [
      'ms where s are expected',
      NOW * 1e3,
      's',
      'in_future',
      'it looks like milliseconds; seconds are expected',
    ],
    ['s where ns are expected', 1_795, 'ns', 'too_old', 'it looks like seconds; nanoseconds are expected'],
    [
      'ms where us are expected',
      NOW / 1e3,
      'us',
      'too_old',
      'it looks like milliseconds; microseconds are expected',
    ],
  ] as const)('%s: is said to be so', (_, timestamp, precision, code, reason) => {
    const { errors } = admit([sample({ timestamp })], { ...today, precision });
    expect(errors).toMatchObject([{ path: 'timestamp', code }]);
    expect(errors[0].message).toContain(reason);
  });

  test('is refused where samples are kept for ever, too', () => {
    const forever = { ...today, oldest: Number.NEGATIVE_INFINITY };
    expect(admit([sample({ timestamp: NOW / 1e3 })], forever).errors).toMatchObject([{ code: 'too_old' }]);
    expect(admit([sample({ timestamp: NOW - 40 * 365 * 86_400_000 })], forever).errors).toEqual([]);
  });

  test('is not suspected of one that is merely old', () => {
    const { errors } = admit([sample({ timestamp: NOW - 10_000 })], today);
    expect(errors[0].message).not.toContain('looks like');
  });
});

describe('admission', () => {
  test('lets in what keeps the rules, with the key of its series', () => {
    const labels = { region: 'eu', host: 'web-1' };
    expect(admit([sample({ labels, index: 3 })], window)).toEqual({
      admitted: [sample({ labels, index: 3 })],
      labelsKeys: [labelsKey(labels)],
      errors: [],
    });
  });

  test.each([
    [{ name: '' }, ['name', 'bad_name']],
    [{ name: '9lives' }, ['name', 'bad_name']],
    [{ name: 'a b' }, ['name', 'bad_name']],
    [{ name: 'cpu\0host\0web-1' }, ['name', 'bad_name']],
    [{ name: 'cpu\n' }, ['name', 'bad_name']],
    [{ name: 'x'.repeat(201) }, ['name', 'bad_name']],
    [{ value: Number.NaN }, ['value', 'not_finite']],
    [{ value: Number.NEGATIVE_INFINITY }, ['value', 'not_finite']],
    [{ timestamp: 999 }, ['timestamp', 'too_old']],
    [{ timestamp: 2_001 }, ['timestamp', 'in_future']],
    [{ labels: { 'a-b': 'x' } }, ['labels.a-b', 'bad_label']],
    [{ labels: { host: 'x'.repeat(257) } }, ['labels.host', 'bad_label']],
    [{ labels: { host: 'a\0b' } }, ['labels.host', 'bad_label']],
    [{ labels: { host: '\ud83d' } }, ['labels.host', 'bad_label']],
    [{ labels: own('__proto__', 'x') }, ['labels.__proto__', 'bad_label']],
    [
      { labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x'])) },
      ['labels', 'too_many_labels'],
    ],
  ])('refuses %j', (change, reason) => {
    expect(reasonFor(change)).toEqual(reason);
  });

  test('the edges are inside', () => {
    for (const change of [
      { name: 'x'.repeat(200) },
      { name: '_:./-9' },
      { timestamp: 1_000 },
      { timestamp: 2_000 },
      { value: -0 },
      { value: Number.MAX_VALUE },
      { labels: own('constructor', 'x') },
      { labels: { host: 'x'.repeat(256) } },
      { labels: { host: '😀 ünï' } },
    ]) {
      expect(reasonFor(change), JSON.stringify(change)).toBeUndefined();
    }
  });

  test('a label without a value is no label', () => {
    const { admitted, labelsKeys } = admit([sample({ labels: { host: 'a', region: '' } })], window);
    expect(admitted[0].labels).toEqual({ host: 'a' });
    expect(labelsKeys).toEqual([labelsKey({ host: 'a' })]);
  });

  test('samples that share bad labels are each named', () => {
    const labels = { host: '\0' };
    const { errors } = admit([sample({ labels, index: 4 }), sample({ labels, index: 5 })], window);
    expect(errors.map(({ index }) => index)).toEqual([4, 5]);
  });
});
