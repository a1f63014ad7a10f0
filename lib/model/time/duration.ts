export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const DURATION_UNITS: Record<string, number> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
};
/** `"90s"`, `"7d"`, `"2y"` → ms; `"forever"` → Infinity; anything else → null. A year is 365 days. */
export function parseDuration(text: string): number | null {
  if (text === 'forever') return Number.POSITIVE_INFINITY;
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)$/.exec(text.trim());
  return found ? Number(found[1]) * DURATION_UNITS[found[2]] : null;
}

/** ms → `"1m"`, `"6h"`, `"90s"`: the largest unit that divides it, the inverse of `parseDuration`. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'forever';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= DURATION_UNITS[unit] && ms % DURATION_UNITS[unit] === 0)
      return `${ms / DURATION_UNITS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
