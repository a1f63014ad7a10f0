import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../test/support/processes';
import { startRedis } from '../../../test/support/redis';
import { startUpstashFront } from '../../../test/support/upstash-front';
import { openRedisCommands, type RedisCommands } from '../../cluster/redis/commands';
import { parseRates } from '../../env/rates';
import { parseRedisAddress } from '../../env/redis-address';
import { ConnectionLimit } from './connections';
import { checkWindow, LocalWindow } from './local-window';
import { SharedWindow } from './shared-window';

const WINDOW = 60_000;

describe('the sliding window', () => {
  test('as worked in docs/rate-limits.md', () => {
    const options = { limit: 100, windowMs: WINDOW };
    // 15 s into the window three quarters of the previous one still count.
    expect(checkWindow({ previous: 80, current: 30 }, { ...options, now: 15_000 })).toEqual({
      allowed: true,
      limit: 100,
      remaining: 9,
      resetMs: 45_000,
    });
    // 100 are used up: 80 × 0.75 + 40. One more fits when 80 × fading + 40 is 99: after 750 ms.
    expect(checkWindow({ previous: 80, current: 40 }, { ...options, now: 15_000 })).toEqual({
      allowed: false,
      limit: 100,
      remaining: 0,
      resetMs: 750,
    });
    // The current window alone is full: one more fits when a hundredth of it has faded in the next.
    expect(checkWindow({ previous: 0, current: 100 }, { ...options, now: 15_000 })).toMatchObject({
      allowed: false,
      resetMs: 45_600,
    });
  });

  test('remembers no more senders than it may', () => {
    const window = new LocalWindow(WINDOW, 3);
    for (const sender of ['a', 'b', 'c', 'd', 'e']) window.add(sender, 1, 0);
    expect(window.senders).toBe(3);
    expect(['a', 'b', 'c', 'd', 'e'].map((sender) => window.counts(sender, 0).current)).toEqual([
      0, 0, 1, 1, 1,
    ]);
  });

  test('whatever comes, no minute holds more than the limit by its own count, and to wait as the answer says is enough', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ gap: fc.integer({ min: 0, max: 40_000 }), burst: fc.integer({ min: 1, max: 30 }) }),
        ),
        fc.integer({ min: 1, max: 50 }),
        (steps, limit) => {
          const window = new LocalWindow(WINDOW);
          let now = 1_795_200_000_000;
          for (const { gap, burst } of steps) {
            now += gap;
            for (let i = 0; i < burst; i++) {
              const state = window.take('s', limit, now);
              if (state.allowed) continue;
              expect(state.remaining).toBe(0);
              now += state.resetMs;
              expect(window.take('s', limit, now).allowed).toBe(true);
            }
            const { current } = window.counts('s', now);
            expect(current).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });

  test('senders do not share, and are forgotten', () => {
    const window = new LocalWindow(WINDOW);
    expect(window.take('a', 1, 0).allowed).toBe(true);
    expect(window.take('a', 1, 0).allowed).toBe(false);
    expect(window.take('b', 1, 0).allowed).toBe(true);
    expect(window.senders).toBe(2);
    window.counts('c', 2 * WINDOW);
    expect(window.senders).toBe(0);
  });
});

test('rates as settings write them', () => {
  expect(parseRates('600')).toEqual({ usual: 600, byKey: new Map() });
  expect(parseRates('off')?.usual).toBe(Number.POSITIVE_INFINITY);
  expect(parseRates('600, ci=6000,backup=off')?.byKey).toEqual(
    new Map([
      ['ci', 6_000],
      ['backup', Number.POSITIVE_INFINITY],
    ]),
  );
  for (const wrong of ['', '0', '-1', '1.5', 'ci=5', '5,6', 'a b=5,5']) expect(parseRates(wrong)).toBeNull();
});

test('connections per address: this machine is not counted', () => {
  const limit = new ConnectionLimit(2, 'streams');
  const [first] = [limit.admit('192.0.2.1'), limit.admit('192.0.2.1')];
  expect(() => limit.admit('192.0.2.1')).toThrow(expect.objectContaining({ code: 'too_many_streams' }));
  limit.admit('192.0.2.2');
  first();
  first();
  limit.admit('192.0.2.1');
  expect(() => limit.admit('192.0.2.1')).toThrow(/2 streams open/);
  for (let i = 0; i < 9; i++) limit.admit('127.0.0.1');
});

const REDIS = {
  'Redis over TCP': async () => {
    const server = await startRedis();
    return {
      redis: openRedisCommands({ REDIS_URL: parseRedisAddress(server.url)! })!,
      kill: () => server.kill(),
      start: () => server.start(),
      close: () => server.close(),
    };
  },
  "Upstash's HTTP": async () => {
    const server = await startRedis();
    const front = await startUpstashFront(server.url);
    return {
      redis: openRedisCommands({ UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token })!,
      kill: async () => front.cut(),
      start: async () => front.heal(),
      close: async () => {
        await front.close();
        await server.close();
      },
    };
  },
};

describe.each(Object.entries(REDIS))('shared over %s', (_, open) => {
  let medium: Awaited<ReturnType<typeof open>>;
  let redis: RedisCommands;
  const windows: SharedWindow[] = [];
  let now = 1_795_200_000_000;

  beforeAll(async () => {
    medium = await open();
    redis = medium.redis;
    await until(() => redis.ping());
    return async () => {
      await redis.close();
      await medium.close();
    };
  });
  afterEach(() => {
    for (const window of windows.splice(0)) window.close();
    now += 10 * WINDOW;
  });
  const join = () => {
    const window = new SharedWindow({ windowMs: WINDOW, redis, syncMs: 3_600_000, now: () => now });
    windows.push(window);
    return window;
  };
  const takeAll = (window: SharedWindow, sender: string, count: number, limit: number) =>
    Array.from({ length: count }, () => window.take(sender, limit, now)).filter(({ allowed }) => allowed)
      .length;

  test('the limit holds over all nodes, as soon as their counts have met', async () => {
    const [a, b] = [join(), join()];
    expect(takeAll(a, 'key:ci', 60, 100)).toBe(60);
    await a.sync();
    expect(takeAll(b, 'key:ci', 1, 100)).toBe(1);
    await b.sync();
    expect(takeAll(b, 'key:ci', 100, 100)).toBe(39);
    await b.sync();
    await a.sync();
    expect(takeAll(a, 'key:ci', 10, 100)).toBe(0);
    expect(takeAll(a, 'key:other', 10, 100)).toBe(10);
  });

  test('the previous window of all nodes fades in the next, also on a node that was not there', async () => {
    const a = join();
    takeAll(a, 'address:x', 100, 100);
    await a.sync();
    now += WINDOW + WINDOW / 4;
    const late = join();
    late.take('address:x', 100, now);
    await late.sync();
    expect(takeAll(late, 'address:x', 100, 100)).toBe(24);
    expect(takeAll(a, 'address:x', 100, 100)).toBe(25);
  });

  test('without Redis every node keeps the limit by itself, and joins again', async () => {
    const a = join();
    takeAll(a, 'key:k', 10, 100);
    await medium.kill();
    await a.sync();
    expect(takeAll(a, 'key:k', 200, 100)).toBe(90);
    await medium.start();
    await until(() => redis.ping());
    await a.sync();
    const b = join();
    takeAll(b, 'key:k', 1, 100);
    await b.sync();
    expect(takeAll(b, 'key:k', 100, 100)).toBe(0);
  });
});
