import type { Env } from '../../env';
import { connectPatiently, makeHttpClient, makeRedisClient, withinTime } from './connect';

/**
 * The few commands that limits and the cache need, over TCP or Upstash's HTTP. Every call ends within two seconds;
 * all reject while Redis is away.
 */
export interface RedisCommands {
  /** Adds to counters and has them expire; returns their new values in that order. */
  count(counters: ReadonlyArray<{ key: string; by: number; ttlMs: number }>): Promise<number[]>;
  get(keys: readonly string[]): Promise<Array<string | null>>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The commands of the Redis that the settings name; null without one. Does not wait for it. */
export function openRedisCommands(
  env: Pick<Env, 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN'>,
): RedisCommands | null {
  const { REDIS_URL, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  if (REDIS_URL) return overTcp(REDIS_URL);
  return url && token ? overHttp(url, token) : null;
}

function overTcp(address: NonNullable<Env['REDIS_URL']>): RedisCommands {
  const client = makeRedisClient(address);
  let closed = false;
  void connectPatiently(client, () => closed);

  return {
    // Sent in one turn of the loop, commands share a packet; in a cluster each finds its own node.
    count: (counters) =>
      withinTime(
        Promise.all(
          counters.map(async ({ key, by, ttlMs }) => {
            const [value] = await Promise.all([client.incrBy(key, by), client.pExpire(key, ttlMs)]);
            return Number(value);
          }),
        ),
      ),
    get: (keys) => withinTime(Promise.all(keys.map((key) => client.get(key)))),
    async set(key, value, ttlMs) {
      await withinTime(client.set(key, value, { expiration: { type: 'PX', value: ttlMs } }));
    },
    async ping() {
      await withinTime(client.get('pulseboard:ping'));
    },
    async close() {
      closed = true;
      if (client.isOpen) client.destroy();
    },
  };
}

function overHttp(url: string, token: string): RedisCommands {
  const redis = makeHttpClient(url, token);
  return {
    async count(counters) {
      if (counters.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const { key, by, ttlMs } of counters) pipeline.incrby(key, by).pexpire(key, ttlMs);
      const replies = await pipeline.exec<number[]>();
      return counters.map((_, i) => Number(replies[i * 2]));
    },
    async get(keys) {
      return keys.length === 0 ? [] : redis.mget<Array<string | null>>(...keys);
    },
    async set(key, value, ttlMs) {
      await redis.set(key, value, { px: ttlMs });
    },
    async ping() {
      await redis.ping();
    },
    async close() {},
  };
}
