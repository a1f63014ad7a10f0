import type { Env } from '../env';
import { type BreakerStatus, createBreaker } from '../runtime/breaker';
import { openRedisCommands, type RedisCommands } from './redis/commands';
import { withinTime } from './redis/connect';

/** Every caller can do without Redis, so none waits for it for long. */
const TIMEOUT_MS = 500;

/**
 * Redis behind a circuit breaker: limits and the cache ask it on the way of requests, and a Redis that takes
 * connections but does not answer must not make each of them wait. The bus needs no breaker: it has its heartbeats.
 */
export function guardRedis(
  commands: RedisCommands,
  breakers: Set<BreakerStatus>,
  timeoutMs = TIMEOUT_MS,
): RedisCommands {
  const breaker = createBreaker(
    {
      name: 'redis',
      // Also when it refuses commands, without memory or as a replica: then it is of no use at the moment.
      isAway: () => true,
      whenOpen: (retryAfterMs) => new Error(`Redis is away; it is asked again in ${retryAfterMs} ms`),
      probe: () => withinTime(commands.ping(), timeoutMs),
    },
    breakers,
  );
  const asked = <T>(ask: () => Promise<T>) => breaker.run(() => withinTime(ask(), timeoutMs));
  return {
    count: (counters) => asked(() => commands.count(counters)),
    get: (keys) => asked(() => commands.get(keys)),
    set: (key, value, ttlMs) => asked(() => commands.set(key, value, ttlMs)),
    ping: () => asked(() => commands.ping()),
    async close() {
      breaker.close();
      await commands.close();
    },
  };
}

/** The Redis that the settings name, guarded; null without one. Does not wait for it. */
export function openGuardedRedis(
  settings: Pick<Env, 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN'>,
  breakers: Set<BreakerStatus>,
): RedisCommands | null {
  const commands = openRedisCommands(settings);
  return commands && guardRedis(commands, breakers);
}
