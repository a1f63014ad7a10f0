/** What a whole number means as a timestamp: its length in ms. */
export const PRECISIONS = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 } as const;
export type Precision = keyof typeof PRECISIONS;

/** A whole number in the given precision as epoch ms, rounded down, as the fraction of an ISO 8601 string is. */
export function toEpochMs(timestamp: number, precision: Exclude<Precision, 'ns'>): number {
  if (precision === 'ms') return timestamp;
  return precision === 's' ? timestamp * 1_000 : Math.floor(timestamp / 1e3);
}

/** After a key: the colon and the number, if it is one. */
const NUMBER = /(\s*:\s*)(-?\d[\d.eE+-]*)/y;
/** `timestamp` with every character escaped is no longer. */
const MAX_KEY_LENGTH = 54;
const MAX_NUMBER_LENGTH = 100;

/**
 * JSON in which every whole number of a `timestamp` is in ns → the same in ms, rounded down. Works on the text, because
 * today's nanoseconds need 61 bits and a parsed number has 53. Other timestamps, and invalid JSON, stay.
 */
export function nanosecondsToMs(json: string): string {
  let converted = '';
  let copied = 0;
  // Without escapes a key can be found by its text.
  const opening = json.includes('\\') ? '"' : '"timestamp"';
  for (let open = json.indexOf(opening); open !== -1; ) {
    const close = closingQuote(json, open);
    if (close === -1) break;
    NUMBER.lastIndex = close + 1;
    const number = isTimestamp(json, open + 1, close) ? NUMBER.exec(json) : null;
    const ns = number && wholeNumber(number[2]);
    if (number && ns !== null) {
      // Padded, so that positions in the parser's errors are those of the body.
      converted += json.slice(copied, close + 1) + number[1] + String(floorToMs(ns)).padEnd(number[2].length);
      copied = NUMBER.lastIndex;
    }
    open = json.indexOf(opening, Math.max(close + 1, copied));
  }
  return converted + json.slice(copied);
}

/** Where the string that opens here ends; -1 when it does not. */
function closingQuote(json: string, open: number): number {
  for (let close = json.indexOf('"', open + 1); close !== -1; close = json.indexOf('"', close + 1)) {
    let unescaped = close;
    while (json[unescaped - 1] === '\\') unescaped--;
    if ((close - unescaped) % 2 === 0) return close;
  }
  return -1;
}

function isTimestamp(json: string, from: number, to: number): boolean {
  if (to - from > MAX_KEY_LENGTH) return false;
  const key = json.slice(from, to);
  if (!key.includes('\\')) return key === 'timestamp';
  try {
    return JSON.parse(`"${key}"`) === 'timestamp';
  } catch {
    // Invalid JSON: the parser reports it.
    return false;
  }
}

const NS_PER_MS = 1_000_000n;
/** More digits than any timestamp has. */
const MAX_EXPONENT = 30;

/** `1795200000123456789` and also `1.795200000123456789e18`; null for a fraction and for what is no number. */
function wholeNumber(text: string): bigint | null {
  if (text.length > MAX_NUMBER_LENGTH) return null;
  const parts = /^(-?(?:0|[1-9]\d*))(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!parts) return null;
  const [, whole, fraction = '', exponent = '0'] = parts;
  const zeros = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  if (zeros >= 0) return zeros <= MAX_EXPONENT ? digits * 10n ** BigInt(zeros) : null;
  if (zeros < -MAX_EXPONENT) return null;
  const unit = 10n ** BigInt(-zeros);
  return digits % unit === 0n ? digits / unit : null;
}

function floorToMs(ns: bigint): bigint {
  return ns / NS_PER_MS - (ns % NS_PER_MS < 0n ? 1n : 0n);
}
