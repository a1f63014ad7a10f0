import { expect, it } from 'vitest';
import type { GroupPoints, Point } from './points';
import { rankValue, topGroups } from './top';

const group = (host: string, ...points: Point[]): GroupPoints => ({ labels: { host }, points });
const highest = (count: number) => ({ count, order: 'highest' as const });
const hosts = (groups: GroupPoints[]) => groups.map(({ labels }) => labels.host);

it('ranks by the first value of the newest point, wherever that is', () => {
  const groups = [group('a', [0, 9, 1], [10, 1, 9]), group('b', [0, 5, 0]), group('c', [10, 3, 0])];
  expect(hosts(topGroups(groups, highest(2)))).toEqual(['b', 'c']);
  expect(hosts(topGroups(groups, highest(10)))).toEqual(['b', 'c', 'a']);
  expect(hosts(topGroups(groups, { count: 2, order: 'lowest' }))).toEqual(['a', 'c']);
});

it('decides between equal ones by their labels, and leaves out those without points', () => {
  const groups = [group('c', [0, 1]), group('a', [5, 1]), group('none'), group('b', [0, 1])];
  expect(hosts(topGroups(groups, highest(2)))).toEqual(['a', 'b']);
  expect(hosts(topGroups(groups, { count: 2, order: 'lowest' }))).toEqual(['a', 'b']);
});

it('takes for equal what differs by how it was added up', () => {
  const groups = [
    group('b', [0, 0.1 + 0.2 + 0.3]),
    group('a', [0, 0.3 + 0.2 + 0.1]),
    group('c', [0, (0.1 + 0.2 + 0.3) / 3]),
    group('d', [0, 0.2]),
  ];
  expect(hosts(topGroups(groups, highest(4)))).toEqual(['a', 'b', 'c', 'd']);
  expect(hosts(topGroups(groups.toReversed(), highest(4)))).toEqual(['a', 'b', 'c', 'd']);
});

it.each([
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  -1e-310,
  2 ** 53,
  2 ** 53 - 1,
  1e12 + 1,
  0,
  0.5,
  -273.15,
])('%d is ranked as what it is', (value) => {
  expect(rankValue(value)).toBe(value);
});

it('ranks whole numbers by their last digit', () => {
  const groups = [group('a', [0, 9_007_199_254_740_990]), group('b', [0, 9_007_199_254_740_991])];
  expect(hosts(topGroups(groups, highest(1)))).toEqual(['b']);
});
