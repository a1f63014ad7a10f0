import { expect, test } from 'vitest';
import { parseRedisAddress } from './redis-address';

test.each(['redis://127.0.0.1:6379', 'rediss://user:p%40ss@redis.example.com/2', 'redis://localhost'])(
  '%s is one server',
  (url) => {
    expect(parseRedisAddress(url)).toEqual({ kind: 'single', url });
  },
);

test('Sentinels: hosts, name, database, login', () => {
  expect(parseRedisAddress('rediss+sentinel://me:p%40ss@a.example:26380,b.example,[::1]:7/main/3')).toEqual({
    kind: 'sentinel',
    name: 'main',
    nodes: [
      { host: 'a.example', port: 26_380 },
      { host: 'b.example', port: 26_379 },
      { host: '::1', port: 7 },
    ],
    login: { tls: true, username: 'me', password: 'p@ss', database: 3 },
  });
});

test('a cluster', () => {
  expect(parseRedisAddress('redis+cluster://:secret@a,b:7001')).toEqual({
    kind: 'cluster',
    nodes: [
      { host: 'a', port: 6_379 },
      { host: 'b', port: 7_001 },
    ],
    login: { tls: false, password: 'secret' },
  });
});

test.each([
  'http://127.0.0.1',
  'redis://',
  'redis+sentinel://a,b',
  'redis+sentinel://a/main/x',
  'redis+cluster://a/0',
  'redis+cluster://',
  'redis+cluster://a,,b',
  '127.0.0.1:6379',
  '',
])('%s is none', (text) => {
  expect(parseRedisAddress(text)).toBeNull();
});
