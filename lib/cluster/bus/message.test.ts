import { expect, test } from 'vitest';
import { BUS_VERSION, type BusMessage, decodeMessage, encodeMessage, fromDeltas, toDeltas } from './message';

const samples: BusMessage = {
  v: BUS_VERSION,
  n: 'node-a',
  k: 'samples',
  m: 'cpu_usage_percent',
  s: 7,
  i: [3, 4],
  t: [1_795_200_000_000, 1_000],
  x: [41.5, -0.000001],
};

test('a message comes back as it was, as one line', () => {
  const text = encodeMessage(samples);
  expect(text).not.toContain('\n');
  expect(decodeMessage(text)).toEqual({ kind: 'message', message: samples });
});

test.each([
  ['not JSON', '{'],
  ['a number', '7'],
  ['null', 'null'],
  ['no version', JSON.stringify({ ...samples, v: undefined })],
  ['version 0', JSON.stringify({ ...samples, v: 0 })],
  ['an unknown kind', JSON.stringify({ ...samples, k: 'other' })],
  ['columns of different lengths', JSON.stringify({ ...samples, x: [1] })],
  ['a value that is no number', JSON.stringify({ ...samples, x: [1, null] })],
  ['an id below 1', JSON.stringify({ ...samples, i: [0, 4] })],
  ['a prototype', '{"__proto__":{"v":1}}'],
])('%s is invalid', (_, text) => {
  expect(decodeMessage(text)).toEqual({ kind: 'invalid' });
});

test('a newer version is recognised, whatever else is in it', () => {
  const text = JSON.stringify({ v: BUS_VERSION + 1, n: 'node-b', entirely: 'different' });
  expect(decodeMessage(text)).toEqual({ kind: 'newer', node: 'node-b' });
});

test('differences add up again, also backwards in time', () => {
  const timestamps = [5_000, 5_000, 7_000, 1_000, 1_795_200_000_000];
  expect(fromDeltas(toDeltas(timestamps))).toEqual(timestamps);
  expect(toDeltas([])).toEqual([]);
});
