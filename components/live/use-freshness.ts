'use client';

import { SECOND } from '@/lib/model/time/duration';
import { useFeedStatus } from './feed';
import { useServerNow } from './now';
import { usePollingStatus } from './polling';
import type { FeedStatus } from './tab-feed';

const STALE_AFTER_MS = 10 * SECOND;

/** How fresh the page is: by its stream, or on a page without one by what it asks again and again. */
export function useFreshness(): FeedStatus {
  const stream = useFeedStatus();
  const { active, problem, heardAt } = usePollingStatus();
  const now = useServerNow(SECOND);
  if (stream.state !== 'idle' || !active) return stream;
  const silentMs = now === null || heardAt === null ? 0 : now - heardAt;
  const state = problem === null ? 'live' : silentMs >= STALE_AFTER_MS ? 'stale' : 'reconnecting';
  return { state, lagMs: null, heardAt, degraded: null };
}
