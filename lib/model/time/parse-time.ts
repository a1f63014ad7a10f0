import { wrongEpochUnit } from '../units';
import { parseDuration } from './duration';

const LAST_INSTANT = 8.64e15;
const DIGITS = /^\d{1,24}$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+ -]\d{2}:?\d{2})$/;

/**
 * A time as a query writes it → epoch ms, null when it is not one: `1795200000000`, an ISO 8601 time with a zone,
 * `now`, `now-15m`.
 */
export function parseTime(text: string, now: number): number | null {
  if (text === 'now') return now;
  if (text.startsWith('now-')) return beforeNow(text.slice(4), now);
  if (DIGITS.test(text)) return Number(text) <= LAST_INSTANT ? Number(text) : null;
  return parseIso(text);
}

/**
 * What is wrong with a time that `parseTime` cannot read, or that is probably in another unit; null when nothing is.
 */
export function problemWithTime(text: string): string | null {
  const problem = DIGITS.test(text) && Number(text) !== LAST_INSTANT && wrongEpochUnit(Number(text), 'ms');
  if (problem) return problem;
  if (parseTime(text, 0) !== null) return null;
  return 'must be epoch milliseconds, an ISO 8601 time with a zone, now, or such as now-15m';
}

/** Whether the time moves with the clock. */
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
