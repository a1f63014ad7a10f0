'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { createPoller, type Polled, type PollerOptions } from '@/lib/fleet/poller';

export type { Polled } from '@/lib/fleet/poller';

/**
 * What the server says at `url`, asked again every `everyMs` for as long as the page is seen; `initial` is what the
 * page came with. Another `url` is asked at once, and what is shown meanwhile is marked as pending.
 */
export function usePoll<T>(options: Omit<PollerOptions<T>, 'fetch'>): Polled<T> {
  const [poller] = useState(() => createPoller<T>({ ...options, fetch: (...request) => fetch(...request) }));
  useEffect(() => poller.setUrl(options.url), [poller, options.url]);
  useEffect(() => {
    const follow = () => (document.hidden ? poller.suspend() : poller.resume());
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      poller.suspend();
    };
  }, [poller]);
  return useSyncExternalStore(poller.subscribe, poller.getSnapshot, poller.getSnapshot);
}
