'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { useFeedStatus } from './feed';
import { createKeptAnswer, type Kept, type KeptAnswerOptions } from './kept-answer';
import { useTopicListener } from './use-topic';

export type { Kept } from './kept-answer';

export interface UseKeptAnswerOptions<T> extends Omit<KeptAnswerOptions<T>, 'fetch' | 'onSignedOut'> {
  /** An event of this topic means that the answer may have changed; null: it does not change. */
  topic: string | null;
}

/**
 * The server's answer at `url`, read again at every event of the topic; `initial` is what the page came with.
 * Another `url` is asked at once, and what is shown meanwhile is marked as pending.
 */
export function useKeptAnswer<T>({ topic, ...options }: UseKeptAnswerOptions<T>): Kept<T> {
  const [kept] = useState(() =>
    createKeptAnswer<T>({
      ...options,
      fetch: (...request) => fetch(...request),
      // The page itself redirects to the login page, which leads back.
      onSignedOut: () => location.reload(),
    }),
  );
  const { url, isInitialWhole = true } = options;
  useEffect(() => kept.setUrl(url), [kept, url]);
  useEffect(() => {
    if (!isInitialWhole) kept.refresh();
    return kept.stop;
  }, [kept, isInitialWhole]);
  useTopicListener(topic, { event: kept.refresh, missed: kept.refresh });
  const state = useSyncExternalStore(kept.subscribe, kept.getSnapshot, kept.getSnapshot);
  const { state: stream } = useFeedStatus();
  const isLost = stream === 'reconnecting' || stream === 'stale';
  return state.problem === null && isLost ? { ...state, problem: 'The server cannot be reached.' } : state;
}
