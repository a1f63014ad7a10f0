import { expect, test } from 'vitest';
import { matches } from './mqtt-source';

test.each([
  ['metrics', 'metrics', true],
  ['metrics', 'metrics/a', false],
  ['metrics/a', 'metrics', false],
  ['metrics/+', 'metrics/a', true],
  ['metrics/+', 'metrics', false],
  ['metrics/+/cpu', 'metrics/a/cpu', true],
  ['metrics/+/cpu', 'metrics/a/memory', false],
  ['metrics/#', 'metrics', true],
  ['metrics/#', 'metrics/a/b', true],
  ['#', 'whatever/there/is', true],
])('%s has %s: %s', (filter, topic, has) => {
  expect(matches(filter, topic)).toBe(has);
});
