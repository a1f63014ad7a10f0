import { PulseError } from './errors';
import { LABEL_NAME, type Matcher, type MatchOperator } from './labels';
import { readQuoted } from './quoted';

const MAX_SELECTOR_LENGTH = 8_000;
const MAX_MATCHERS = 64;
/** What Prometheus calls the name of a metric where it selects series. */
export const NAME_LABEL = '__name__';

// Longest first, so that `=~` is not read as `=` and a tilde.
const OPERATORS = ['=~', '!~', '!=', '='] as const satisfies readonly MatchOperator[];
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
    const { value, end } = readQuoted(this.text, this.at, (expected, at) => {
      this.at = at;
      this.fail(expected);
    });
    this.at = end;
    return value;
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
