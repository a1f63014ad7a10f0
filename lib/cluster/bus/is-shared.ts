import type { Env } from '../../env';

/** Whether other nodes may write to the same database: where there is a Redis between them. */
export function isShared({
  REDIS_URL,
  UPSTASH_REDIS_REST_URL,
}: Pick<Env, 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL'>): boolean {
  return Boolean(REDIS_URL || UPSTASH_REDIS_REST_URL);
}
