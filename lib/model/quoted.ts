const SIMPLE_ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
/** Digits after the escape's letter. */
const CODE_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 };

/** What was expected, and at which character. */
export type Expectation = (expected: string, at: number) => never;

/**
 * Reads a string literal of Go, which Prometheus' are, from its quotation mark on.
 * @returns its value, and the position after its closing mark
 */
export function readQuoted(text: string, from: number, fail: Expectation): { value: string; end: number } {
  const mark = text[from];
  if (mark !== '"' && mark !== "'" && mark !== '`') fail('a quoted value', from);
  let value = '';
  for (let at = from + 1; at < text.length; ) {
    const char = text[at];
    if (char === mark) return { value, end: at + 1 };
    if (char === '\\' && mark !== '`') {
      const escaped = readEscape(text, at, fail);
      value += escaped.value;
      at = escaped.end;
    } else {
      value += char;
      at++;
    }
  }
  return fail(`a closing ${mark}`, text.length);
}

function readEscape(text: string, at: number, fail: Expectation): { value: string; end: number } {
  const letter = text[at + 1] ?? '';
  if (Object.hasOwn(SIMPLE_ESCAPES, letter)) return { value: SIMPLE_ESCAPES[letter], end: at + 2 };
  const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (octal) return { value: String.fromCodePoint(Number.parseInt(octal, 8)), end: at + 4 };
  const length = Object.hasOwn(CODE_ESCAPES, letter) ? CODE_ESCAPES[letter] : 0;
  const digits = text.slice(at + 2, at + 2 + length);
  const code = Number.parseInt(digits, 16);
  const complete = length > 0 && digits.length === length && /^[0-9a-f]+$/i.test(digits);
  // A backslash of a regular expression must be written twice, or the value between backticks.
  if (!complete || code > 0x10ffff) fail('an escape such as \\\\ or \\" (or a value between backticks)', at);
  return { value: String.fromCodePoint(code), end: at + 2 + digits.length };
}
