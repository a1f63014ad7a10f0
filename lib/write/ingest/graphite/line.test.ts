import { expect, test } from 'vitest';
import { Dice } from '@/test/support/hostile-bodies';
import { readGraphiteLine } from './line';

const NOW = 1_795_200_000_123;
const read = (line: string) => readGraphiteLine(line, NOW);

test('a line is a path, a value and a time', () => {
  expect(read('servers.web-1.cpu 41.5 1795200000')).toEqual({
    name: 'servers.web-1.cpu',
    labels: {},
    value: 41.5,
    timestamp: 1_795_200_000_000,
  });
  expect(read('disk.used;host=web-1;path=/var/tmp;data.center=a=b  -1e-3\t1795200000.25')).toEqual({
    name: 'disk.used',
    labels: { host: 'web-1', path: '/var/tmp', data_center: 'a=b' },
    value: -0.001,
    timestamp: 1_795_200_000_250,
  });
  expect(read('9a.b!c 1 -1')).toEqual({ name: '_9a.b_c', labels: {}, value: 1, timestamp: NOW });
  for (const value of ['nan', 'NaN', 'inf', '-Infinity'])
    expect(Number.isFinite(read(`a ${value} 1795200000`)?.value), value).toBe(false);
});

test('what is none is refused', () => {
  for (const line of [
    'a',
    'a 1',
    'a 1 1795200000 x',
    'a x 1795200000',
    'a 1 soon',
    'a 1 nan',
    'a 0x10 1795200000',
    ';a=b 1 1795200000',
    'a;b 1 1795200000',
    'a;=b 1 1795200000',
    'a;b= 1 1795200000',
    'a; 1 1795200000',
    '(lp0\n',
  ])
    expect(read(line), line).toBeNull();
});

test('of garbage every line is refused or has a time', () => {
  const dice = new Dice(5);
  const parts = ['a', ' ', ';', '=', '1', '-1', '.', 'e', '9', 'nan', '\t', '\0', '😀', '__proto__'];
  for (let i = 0; i < 20_000; i++) {
    const line = read(Array.from({ length: dice.below(20) }, () => dice.pick(parts)).join(''));
    if (line) expect(Number.isNaN(line.timestamp)).toBe(false);
  }
});
