import { MINUTE, SECOND } from '../time/duration';

export const HOST_STATUSES = ['reporting', 'late', 'gone'] as const;
export type HostStatus = (typeof HOST_STATUSES)[number];

/** What a host is judged by before its own rhythm is known: one that has posted a single time. */
export const ASSUMED_INTERVAL_MS = 15 * SECOND;

/** Silence after which a host with this usual interval counts as late, ms. A single lost post is no news. */
export function lateAfterMs(intervalMs: number | null): number {
  return Math.max(15 * SECOND, 3 * (intervalMs ?? ASSUMED_INTERVAL_MS));
}

/** Silence after which it counts as gone, ms. */
export function goneAfterMs(intervalMs: number | null): number {
  return Math.max(5 * MINUTE, 10 * (intervalMs ?? ASSUMED_INTERVAL_MS));
}

/** Each host is judged by its own rhythm, so that a machine posting once an hour is not called late all day. */
export function statusOf(silentMs: number, intervalMs: number | null): HostStatus {
  if (silentMs >= goneAfterMs(intervalMs)) return 'gone';
  return silentMs >= lateAfterMs(intervalMs) ? 'late' : 'reporting';
}
