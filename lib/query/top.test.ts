import { expect, it } from 'vitest';
import type { GroupPoints, Point } from '../model';
import { topGroups } from './top';

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
