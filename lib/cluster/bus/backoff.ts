/**
 * How long to wait before attempt number `attempt` (0, 1, …): doubling from `firstMs` up to `maxMs`, of which a
 * random half is taken off, so that nodes that lost the same server do not return in step.
 */
export function backoffMs(attempt: number, firstMs = 50, maxMs = 5_000, random = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + random() * (full / 2);
}
