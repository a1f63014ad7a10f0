import { MINUTE, SECOND } from '../time/duration';

export const HOST_STATUSES = ['reporting', 'late', 'gone'] as const;
export type HostStatus = (typeof HOST_STATUSES)[number];

/** The interval of a host that has posted only once. */
const ASSUMED_INTERVAL_MS = 15 * SECOND;

/** After so many ms without a sample a host with this usual interval is late. One lost post does not make it late. */
export function lateAfterMs(intervalMs: number | null): number {
  return Math.max(15 * SECOND, 3 * (intervalMs ?? ASSUMED_INTERVAL_MS));
}

/** After so many ms without a sample it is gone. */
export function goneAfterMs(intervalMs: number | null): number {
  return Math.max(5 * MINUTE, 10 * (intervalMs ?? ASSUMED_INTERVAL_MS));
}

/** The status depends on the host's own interval, so that a machine that posts once an hour is not late all day. */
export function statusOf(silentMs: number, intervalMs: number | null): HostStatus {
  if (silentMs >= goneAfterMs(intervalMs)) return 'gone';
  return silentMs >= lateAfterMs(intervalMs) ? 'late' : 'reporting';
}
