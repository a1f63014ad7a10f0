import { DAY, HOUR, MINUTE, SECOND } from './time/duration';

/**
 * Times for people, locale-fixed (en) where a server renders them too; the functions that use the reader's time zone
 * say so.
 */

/** How long ago, in the largest unit that fits: `just now`, `42 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function formatAgo(ms: number): string {
  if (ms < 1.5 * SECOND) return 'just now';
  return `${formatSpan(ms)} ago`;
}

/** A length of time in one unit, rounded down: `850 ms`, `42 s`, `5 min`, `3 h`, `12 d`. */
export function formatSpan(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

const WIDTHS = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [SECOND, 's'],
  [1, 'ms'],
] as const;

/** A point's width, exactly, in the largest unit that divides it: `2 s`, `90 s`, `30 min`, `1 d`. */
export function formatStep(ms: number): string {
  const [size, word] = WIDTHS.find(([unit]) => ms % unit === 0) ?? WIDTHS[WIDTHS.length - 1];
  return `${ms / size} ${word}`;
}

const two = (value: number) => String(value).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `14:03:10`, in the reader's time zone; with ms when `step` is shorter than a second, without seconds from a minute
 * up.
 */
export function formatClock(t: number, step: number = SECOND): string {
  const date = new Date(t);
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (step >= MINUTE) return minutes;
  const seconds = `${minutes}:${two(date.getSeconds())}`;
  return step >= SECOND ? seconds : `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `20 Nov`, in the reader's time zone. */
export function formatDay(t: number): string {
  const date = new Date(t);
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

/** `20 Nov 2026 14:03:10`, in the reader's time zone. */
export function formatDateTime(t: number, step: number = SECOND): string {
  const day = `${formatDay(t)} ${new Date(t).getFullYear()}`;
  return step >= DAY ? day : `${day} ${formatClock(t, step)}`;
}

/** A moment that the functions above write as the UTC clock shows `t`: for what server and browser must agree on. */
export function shownInUtc(t: number): number {
  return t + new Date(t).getTimezoneOffset() * MINUTE;
}

/** The reader's time zone by name and offset: `Europe/Berlin (UTC+1)`. */
export function zoneName(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60 ? `:${two(size % 60)}` : '';
  const offset = minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${rest}`;
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return name && name !== 'UTC' ? `${name} (${offset})` : offset;
}
