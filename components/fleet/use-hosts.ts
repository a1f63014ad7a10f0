'use client';

import { useRef } from 'react';
import type { HostsPage } from '@/lib/model/fleet/answers';
import { formatHostsQuery, type HostsQuery } from '@/lib/model/fleet/hosts-query';
import { SECOND } from '@/lib/model/time/duration';
import { type Kept, useKeptAnswer } from '../live/use-kept-answer';

/**
 * Figures are updated every two seconds, the order only every ten, and not while the pointer is on the rows: a list
 * sorted by load would change under the pointer.
 */
const UPDATE_EVERY_MS = 2 * SECOND;
export const REORDER_MS = 10 * SECOND;

export interface Hosts {
  kept: Kept<HostsPage>;
  /** `hold(true)` keeps the order of the rows, while the pointer or the focus is on them, until `hold(false)`. */
  hold(held: boolean): void;
}

/**
 * The page of hosts of a query, read again when the fleet changes: about 25 KB of JSON for 50 rows, 5 KB compressed.
 */
export function useHosts(query: HostsQuery, initial: HostsPage): Hosts {
  const held = useRef(false);
  const orderedAt = useRef(0);
  const order = useRef(query.sort);
  order.current = query.sort;
  const kept = useKeptAnswer<HostsPage>({
    topic: 'fleet',
    url: hostsUrl(query),
    initial,
    everyMs: UPDATE_EVERY_MS,
    nextUrl(url, last) {
      // The order of names does not change by itself.
      const due = order.current === 'name' || performance.now() - orderedAt.current >= REORDER_MS;
      if (due && !held.current) {
        orderedAt.current = performance.now();
        return url;
      }
      const keep = new URLSearchParams(last.rows.map(({ name }) => ['keep', name]));
      return keep.size === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${keep}`;
    },
  });
  return {
    kept,
    hold(next) {
      held.current = next;
    },
  };
}

function hostsUrl(query: HostsQuery): string {
  const text = formatHostsQuery(query);
  return `/api/hosts${text && `?${text}`}`;
}
