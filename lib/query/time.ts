import { parseDuration } from '../units';

const LAST_INSTANT = 8.64e15;
const ISO = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+ -]\d{2}:?\d{2})$/;

/**
 * A moment as a question writes it → epoch ms, null when it is none: `1795200000000`, an ISO 8601 time with a
 * zone, `now`, `now-15m`.
 */
export function parseTime(text: string, now: number): number | null {
  if (text === 'now') return now;
  if (text.startsWith('now-')) return beforeNow(text.slice(4), now);
  if (/^\d{1,16}$/.test(text)) return Number(text) <= LAST_INSTANT ? Number(text) : null;
  return parseIso(text);
}

/** Whether the moment moves with the clock. */
export function isRelativeTime(text: string): boolean {
  return text.startsWith('now');
}

function beforeNow(text: string, now: number): number | null {
  const ms = parseDuration(text);
  if (ms === null || !Number.isFinite(ms)) return null;
  return Math.max(0, Math.round(now - ms));
}

function parseIso(text: string): number | null {
  const found = ISO.exec(text);
  if (!found) return null;
  // An unescaped plus sign arrives from a URL as a space.
  const parsed = Date.parse(text.replace(' ', '+'));
  // `Date.parse` takes 30 February for 2 March.
  const [, year, month, day] = found.map(Number);
  const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  return exists && parsed >= 0 ? parsed : null;
}
