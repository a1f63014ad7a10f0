'use client';

import { useSyncExternalStore } from 'react';

/** How the questions fare that a page asks again and again, beside the stream. */
export interface PollingStatus {
  /** Something on this page is kept current by asking. */
  readonly active: boolean;
  /** Why the last attempt of one of them failed; null while all succeed. */
  readonly problem: string | null;
  /** When an answer last came, ms of this browser's clock; null before the first. */
  readonly heardAt: number | null;
}

type Report = Pick<PollingStatus, 'problem' | 'heardAt'>;

const NONE: PollingStatus = { active: false, problem: null, heardAt: null };
const reports = new Map<object, Report>();
const listeners = new Set<() => void>();
let status = NONE;

/** A poller says how it fares; null: it is gone. */
export function reportPolling(poller: object, report: Report | null): void {
  if (report) reports.set(poller, report);
  else reports.delete(poller);
  const all = [...reports.values()];
  const next: PollingStatus = {
    active: all.length > 0,
    problem: all.find(({ problem }) => problem !== null)?.problem ?? null,
    heardAt: all.reduce<number | null>(
      (newest, { heardAt }) => Math.max(newest ?? 0, heardAt ?? 0) || null,
      null,
    ),
  };
  if (next.active === status.active && next.problem === status.problem && next.heardAt === status.heardAt)
    return;
  status = next;
  for (const listener of listeners) listener();
}

export function usePollingStatus(): PollingStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => status,
    () => NONE,
  );
}
