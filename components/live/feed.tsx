'use client';

import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import { type Query, queryText } from '@/lib/model/wire/query';
import { connectTab } from './connect-tab';
import { type FeedStatus, IDLE } from './feed-status';
import { queueFrame, unqueueFrame } from './frame-queue';
import { createQueryStore, type QuerySnapshot } from './query-store';
import { type Attachment, createFeed, type Feed } from './tab-feed';

let feed: Feed | null = null;

/** The one feed of this tab. Only for effects and event handlers: there is none on the server. */
export function feedOfTab(): Feed {
  feed ??= startFeed();
  return feed;
}

function startFeed(): Feed {
  const started = createFeed({
    connect: connectTab,
    fetch: (...request) => fetch(...request),
    // The page itself redirects to the login page, which leads back.
    onSignedOut: () => location.reload(),
  });
  const followVisibility = () =>
    document.hidden ? started.connection.suspend() : started.connection.resume();
  document.addEventListener('visibilitychange', followVisibility);
  // A page in the back/forward cache must not hold a connection.
  window.addEventListener('pagehide', () => started.connection.suspend());
  window.addEventListener('pageshow', followVisibility);
  window.addEventListener('online', () => started.connection.retryNow());
  followVisibility();
  return started;
}

export function useFeedStatus(): FeedStatus {
  return useSyncExternalStore(
    (changed) => feedOfTab().status.subscribe(changed),
    () => feedOfTab().status.getSnapshot(),
    () => IDLE,
  );
}

/**
 * The query's points: `initial` on the server and at first, then as the stream moves them. While `inView` is
 * false they are kept current, but nothing renders.
 */
export function useLiveQuery(query: Query, initial: HistoryAnswer, inView = true): QuerySnapshot {
  const key = queryText(query);
  const store = useMemo(() => createQueryStore(query, initial), [key, initial]);
  const attachment = useRef<Attachment | null>(null);
  useEffect(() => {
    if (store.text === null) return;
    const attached = feedOfTab().attach(store);
    attachment.current = attached;
    return () => {
      attachment.current = null;
      attached.detach();
    };
  }, [store]);
  useEffect(() => attachment.current?.setInView(inView), [inView]);
  const subscribe = useCallback(
    (changed: () => void) => {
      if (!inView) return () => {};
      // A function of its own per subscriber: the queue knows jobs by identity.
      const job = () => changed();
      const unsubscribe = store.view.subscribe(() => queueFrame(job));
      return () => {
        unsubscribe();
        unqueueFrame(job);
      };
    },
    [store, inView],
  );
  return useSyncExternalStore(subscribe, store.view.getSnapshot, store.view.getSnapshot);
}
