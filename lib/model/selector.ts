import { PulseError } from './errors';
import { LABEL_NAME, type Matcher, type MatchOperator } from './labels';

const MAX_SELECTOR_LENGTH = 8_000;
const MAX_MATCHERS = 64;
/** What Prometheus calls the name of a metric where it selects series. */
export const NAME_LABEL = '__name__';

// Longest first, so that `=~` is not read as `=` and a tilde.
const OPERATORS = ['=~', '!~', '!=', '='] as const satisfies readonly MatchOperator[];
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
/** Digits after the escape's letter, as in Go, whose string literals Prometheus' selectors are. */
const CODE_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 };

/**
 * Prometheus' label selector → its matchers: `{env="prod",host=~"web-.*",region!="us"}`. Empty text and `{}`
 * select everything. Regular expressions are not looked into here; `compileMatchers` does.
 *
 * @throws PulseError `bad_parameter` saying what was expected at which position.
 */
export function parseSelector(text: string): Matcher[] {
  if (text.trim() === '') return [];
  return new SelectorParser(text).parse();
}

/** The canonical text of matchers, '' for none; `parseSelector` reads it back. */
export function formatSelector(matchers: readonly Matcher[]): string {
  if (matchers.length === 0) return '';
  return `{${matchers.map(({ label, operator, value }) => `${label}${operator}${quote(value)}`).join(',')}}`;
}

function quote(value: string): string {
  // JSON's escapes are a subset of Go's, but for \b, which means the same in both, and \/, which it never writes.
  return JSON.stringify(value);
}

class SelectorParser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): Matcher[] {
    if (this.text.length > MAX_SELECTOR_LENGTH)
      this.fail(`a selector of at most ${MAX_SELECTOR_LENGTH} characters`);
    this.skipSpace();
    this.expect('{');
    const matchers: Matcher[] = [];
    for (this.skipSpace(); !this.take('}'); this.skipSpace()) {
      if (matchers.length === MAX_MATCHERS) this.fail(`at most ${MAX_MATCHERS} matchers`);
      matchers.push(this.matcher());
      this.skipSpace();
      // A comma may also stand before the closing brace.
      if (this.take(',')) continue;
      this.expect('}', '"," or "}"');
      break;
    }
    this.skipSpace();
    if (this.at < this.text.length) this.fail('the end of the selector');
    return matchers;
  }

  private matcher(): Matcher {
    const label = /^[a-zA-Z_][a-zA-Z0-9_]*/.exec(this.text.slice(this.at))?.[0];
    if (!label || !LABEL_NAME.test(label)) this.fail('a label name');
    this.at += label.length;
    this.skipSpace();
    const operator = OPERATORS.find((candidate) => this.take(candidate));
    if (!operator) this.fail('one of = != =~ !~');
    this.skipSpace();
    return { label, operator, value: this.string() };
  }

  private string(): string {
    const quoteMark = this.text[this.at];
    if (quoteMark !== '"' && quoteMark !== "'" && quoteMark !== '`') this.fail('a quoted value');
    this.at++;
    let value = '';
    while (this.at < this.text.length) {
      const char = this.text[this.at];
      if (char === quoteMark) {
        this.at++;
        return value;
      }
      if (char === '\\' && quoteMark !== '`') value += this.escape();
      else {
        value += char;
        this.at++;
      }
    }
    this.fail(`a closing ${quoteMark}`);
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter in SIMPLE_ESCAPES) {
      this.at += 2;
      return SIMPLE_ESCAPES[letter];
    }
    const octal = /^[0-3][0-7]{2}/.exec(this.text.slice(this.at + 1))?.[0];
    if (octal) {
      this.at += 4;
      return String.fromCodePoint(Number.parseInt(octal, 8));
    }
    const digits = this.text.slice(this.at + 2, this.at + 2 + (CODE_ESCAPES[letter] ?? 0));
    const code = Number.parseInt(digits, 16);
    const complete =
      letter in CODE_ESCAPES && digits.length === CODE_ESCAPES[letter] && /^[0-9a-f]+$/i.test(digits);
    // A backslash of a regular expression must be written twice, or the value between backticks.
    if (!complete || code > 0x10ffff)
      this.fail('an escape such as \\\\ or \\" (or a value between backticks)');
    this.at += 2 + digits.length;
    return String.fromCodePoint(code);
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string, expected = `"${token}"`): void {
    if (!this.take(token)) this.fail(expected);
  }

  private fail(expected: string): never {
    const rest = this.text.slice(this.at, this.at + 12);
    const found = rest === '' ? 'its end' : JSON.stringify(rest);
    const message = `expected ${expected} at position ${this.at + 1}, found ${found}`;
    throw new PulseError(
      'bad_parameter',
      `match: ${message}; a selector looks like {env="prod",host=~"web-.*"}.`,
      { details: [{ parameter: 'match', message }] },
    );
  }
}
