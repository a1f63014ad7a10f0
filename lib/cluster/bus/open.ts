import type { Env } from '../../env';
import type { SampleColumns } from '../../model/samples';
import { SECOND } from '../../model/time/duration';
import type { Bus } from './bus';
import { createMemoryBus } from './memory';
import { createRedisTransport } from './redis';
import { createSharedBus, type SeriesDirectory } from './shared';
import { createUpstashTransport } from './upstash';

type RedisEnv = Pick<Env, 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN'>;

export interface BusParts {
  series: SeriesDirectory;
  takeIn(samples: SampleColumns): void;
}

/** The bus the settings ask for. Does not wait for Redis: without it a node works alone, and says so. */
export function openBus(env: RedisEnv, parts: BusParts): Bus {
  const { REDIS_URL, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  if (REDIS_URL) {
    return createSharedBus({ ...parts, transport: createRedisTransport(REDIS_URL), beatMs: SECOND });
  }
  // Every message is a paid request there, so signs of life come less often.
  if (url && token) {
    return createSharedBus({
      ...parts,
      transport: createUpstashTransport({ url, token }),
      beatMs: 3 * SECOND,
    });
  }
  return createMemoryBus();
}
