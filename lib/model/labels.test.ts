import { expect, it } from 'vitest';
import { labelsKey } from './labels';
import { seriesKey } from './series';

it('is one text however labels are ordered', () => {
  expect(labelsKey({ region: 'eu', host: 'a' })).toBe(labelsKey({ host: 'a', region: 'eu' }));
});

it.each([
  [{ a: 'b' }, { a: 'c' }],
  [{ a: 'b' }, { ab: '' }],
  [{ a: 'b', c: 'd' }, { a: 'bcd' }],
  [{}, { a: '' }],
])('distinguishes %j from %j', (one, other) => {
  expect(labelsKey(one)).not.toBe(labelsKey(other));
});

it('identifies a series by the very text that databases hold the digest of', () => {
  expect(seriesKey('cpu', { region: 'eu', host: 'a' })).toBe('cpu\0host\0a\0region\0eu');
  expect(seriesKey('up', {})).toBe('up');
});
