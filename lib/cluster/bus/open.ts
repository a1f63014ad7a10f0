import type { Env } from '../../env';
import type { SampleColumns } from '../../model/samples';
import { SECOND } from '../../model/time/duration';
import type { Bus } from './bus';
import { createMemoryBus } from './memory';
import { createRedisTransport } from './redis';
import { createSharedBus, type SeriesDirectory } from './shared';
import type { Transport } from './transport';
import { createUpstashTransport } from './upstash';

type RedisEnv = Pick<Env, 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN'>;

export interface BusParts {
  series: SeriesDirectory;
  onReceived(samples: SampleColumns): void;
}

/** The transport to other nodes that the settings name; null where this node is alone. Does not wait for Redis. */
export function openTransport(env: RedisEnv): Transport | null {
  const { REDIS_URL, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
  if (REDIS_URL) return createRedisTransport(REDIS_URL);
  return url && token ? createUpstashTransport({ url, token }) : null;
}

/** The bus over this transport, which it closes. While Redis is away a node works alone, and its status is down. */
export function openBus(transport: Transport | null, parts: BusParts): Bus {
  if (!transport) return createMemoryBus();
  // Every message to Upstash is a paid request, so heartbeats come less often.
  const beatMs = transport.kind === 'upstash' ? 3 * SECOND : SECOND;
  return createSharedBus({ ...parts, transport, beatMs });
}
