/** Longer ones are cut: they become values of a label. */
const LONGEST = 200;
/** Segments of a path; what follows is left out. */
const MOST_SEGMENTS = 10;
const ID = ':id';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const LONG_HEX = /^[\da-f]{8,}$/i;
const DIGITS = /\d/;
/** Numbers with what usually stands between or before their digits: `42`, `2026-11-26`, `-1.5`, `10:30`. */
const NUMBER = /^[-+]?\d[\d.,:_-]*$/;
/** `order-12345`, `INV20261126`. */
const LONG_NUMBER = /\d{4}/;

/**
 * An endpoint without what differs from request to request, so that there are not as many as requests:
 * `GET /users/123?page=2` → `GET /users/:id`; null where nothing is left. What it leaves may still be many, which
 * `EndpointNames` bounds.
 */
export function templateOf(endpoint: string): string | null {
  const [path] = endpoint.split(/[?#]/, 1);
  const parts = path.split(/([/\s]+)/);
  const kept: string[] = [];
  // Words stand at even places, what is between them at odd ones.
  for (let at = 0; at < parts.length; at++) {
    if (at >= 2 * MOST_SEGMENTS + 2) {
      kept.push('…');
      break;
    }
    kept.push(at % 2 === 0 ? wordOf(parts[at]) : parts[at].replace(/\s+/g, ' ').replace(/\/+/g, '/'));
  }
  const template = kept.join('').trim();
  if (template === '') return null;
  return template.length > LONGEST ? `${cut(template)}…` : template;
}

function wordOf(word: string): string {
  return varies(word) ? ID : word;
}

function varies(word: string): boolean {
  if (NUMBER.test(word) || UUID.test(word) || /[@%=]/.test(word) || word.length > 64) return true;
  if (!DIGITS.test(word)) return false;
  return LONG_NUMBER.test(word) || LONG_HEX.test(word) || word.length >= 20;
}

/** Not in the middle of a character. */
function cut(text: string): string {
  return text
    .slice(0, LONGEST)
    .toWellFormed()
    .replace(/\ufffd$/, '');
}
