const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;
const PART = /(\d+)(ms|[smhdwy])/g;

/** Prometheus' `1h30m` in ms; null for anything else. */
export function durationMs(text: string): number | null {
  if (text === '' || !DURATION.test(text)) return null;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(PART)) ms += Number(count) * UNIT_MS[unit];
  return ms;
}

/** A number as Go reads it, or a duration in seconds; null for anything else. */
export function parseNumber(text: string): number | null {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]\s*/, '');
  if (/^inf(inity)?$/i.test(digits)) return sign * Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(digits)) return Number.NaN;
  const plain = digits.replaceAll('_', '');
  // As in Go, a leading zero makes it octal, where it can be.
  if (/^0[0-7]+$/.test(plain)) return sign * Number.parseInt(plain, 8);
  if (/^0x[0-9a-f]+$/i.test(plain)) return sign * Number.parseInt(plain, 16);
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return sign * Number.parseFloat(plain);
  const ms = durationMs(digits);
  return ms === null ? null : (sign * ms) / 1_000;
}

/** A number of seconds or a duration, as parameters and ranges are written, in ms; null for anything else. */
export function parseSpanMs(text: string): number | null {
  const seconds = parseNumber(text);
  if (seconds === null || !Number.isFinite(seconds)) return null;
  return Math.round(seconds * 1_000);
}
