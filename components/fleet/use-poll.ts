'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { createPoller, type Polled, type PollerOptions } from '../live/poller';
import { reportPolling } from '../live/polling';

export type { Polled } from '../live/poller';

/**
 * What the server says at `url`, asked again every `everyMs` for as long as the page is seen; `initial` is what the
 * page came with. Another `url` is asked at once, and what is shown meanwhile is marked as pending.
 */
export function usePoll<T>(options: Omit<PollerOptions<T>, 'fetch' | 'onSignedOut'>): Polled<T> {
  const [poller] = useState(() =>
    createPoller<T>({
      ...options,
      fetch: (...request) => fetch(...request),
      // The page itself leads to where one signs in, and back.
      onSignedOut: () => location.reload(),
    }),
  );
  useEffect(() => poller.setUrl(options.url), [poller, options.url]);
  useEffect(() => {
    const follow = () => (document.hidden ? poller.suspend() : poller.resume());
    const report = () => {
      const { problem, receivedAt } = poller.getSnapshot();
      reportPolling(poller, { problem, heardAt: receivedAt });
    };
    const unsubscribe = poller.subscribe(report);
    document.addEventListener('visibilitychange', follow);
    follow();
    report();
    return () => {
      unsubscribe();
      reportPolling(poller, null);
      document.removeEventListener('visibilitychange', follow);
      poller.suspend();
    };
  }, [poller]);
  return useSyncExternalStore(poller.subscribe, poller.getSnapshot, poller.getSnapshot);
}
