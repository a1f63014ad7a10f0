import type { Labels } from '../../model/labels';
import type { MetricType } from '../../model/series';

/** The two text formats of Prometheus: its own (0.0.4), and OpenMetrics (1.0). */
export type ExpositionFormat = 'text' | 'openmetrics';

/** A series as one line of an exposition names it. */
export interface ExposedSeries {
  name: string;
  labels: Labels;
}

/** One line with a value. */
export interface ExposedSample {
  /** The line's part before the value: the same text is the same series in every exposition of a target. */
  key: string;
  /** May be NaN or infinite. */
  value: number;
  /** Epoch ms; null where the line has none. */
  timestamp: number | null;
  type: MetricType | undefined;
  unit: string;
}

/** What is wrong with an exposition, with the number of the line. */
export class ExpositionError extends Error {}

const UNTYPED = { type: undefined, unit: '' };

/**
 * Reads an exposition line by line (Prometheus' manual, "Exposition formats"; OpenMetrics 1.0). The labels of a line are
 * left as text: whoever reads the same target every second parses each series once, by `parseSeries`.
 *
 * @throws ExpositionError for the first line that is wrong: what comes after it cannot be trusted either
 */
export function* readExposition(text: string, format: ExpositionFormat): Generator<ExposedSample> {
  const families = new Families(format);
  let number = 0;
  let hasEnded = false;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    number++;
    const first = text.charCodeAt(start);
    if (hasEnded) throw wrong(number, 'something follows # EOF');
    if (first === HASH) hasEnded = families.note(text.slice(start, end));
    else if (!isBlank(text, start, end)) yield readSample(text, start, end, number, families);
    start = end + 1;
  }
  if (format === 'openmetrics' && !hasEnded) throw new ExpositionError('it is cut off: # EOF is missing');
}

const HASH = 0x23;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

function readSample(
  text: string,
  start: number,
  end: number,
  number: number,
  families: Families,
): ExposedSample {
  const keyEnd = endOfSeries(text, start, end);
  if (keyEnd === -1) throw wrong(number, 'a label is not closed');
  const key = text.slice(start, keyEnd).trimEnd();
  // An exemplar follows the value after ` # `.
  const exemplar = text.indexOf(' # ', keyEnd);
  const rest = text.slice(keyEnd, exemplar === -1 || exemplar > end ? end : exemplar).trim();
  const [valueText, timestampText, ...more] = rest.split(/[ \t]+/);
  const value = readNumber(valueText);
  if (value === null || more.length > 0)
    throw wrong(number, 'a line is a name, labels in braces, a value and a time');
  const timestamp = timestampText === undefined ? null : families.readTimestamp(timestampText);
  if (Number.isNaN(timestamp)) throw wrong(number, 'its time is not a number');
  const nameEnd = key.indexOf('{');
  return { key, value, timestamp, ...families.of(nameEnd === -1 ? key : key.slice(0, nameEnd).trimEnd()) };
}

/** Where the series ends: after the braces, or at the first blank. -1 where a brace is not closed. */
function endOfSeries(text: string, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) break;
    // Blanks may stand before the braces.
    if (code === SPACE || code === TAB) {
      let next = at;
      while (next < end && (text.charCodeAt(next) === SPACE || text.charCodeAt(next) === TAB)) next++;
      if (text.charCodeAt(next) !== OPEN) return at;
      at = next;
      break;
    }
  }
  if (at === end) return end;
  let isQuoted = false;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isQuoted && code === BACKSLASH) at++;
    else if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === CLOSE && !isQuoted) return at + 1;
  }
  return -1;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

function readNumber(text: string): number | null {
  if (NUMBER.test(text)) return Number(text);
  return SPECIAL[text.toLowerCase()] ?? null;
}

const SERIES = /^([a-zA-Z_:][a-zA-Z0-9_:]*)?[ \t]*(?:\{([\s\S]*)\})?$/;
const LABEL =
  /[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|([a-zA-Z_][a-zA-Z0-9_]*))[ \t]*(?:=[ \t]*"((?:[^"\\]|\\[\s\S])*)")?[ \t]*(,|$)/y;

/**
 * The name and the labels of a key. A name in quotes may stand first within the braces (Prometheus 3).
 * @returns null for one that cannot be read
 */
export function parseSeries(key: string): ExposedSeries | null {
  const [, plainName, inBraces] = SERIES.exec(key) ?? [];
  let name = plainName;
  const labels: Record<string, string> = {};
  const list = inBraces?.trim() ?? '';
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < list.length) {
    const [matched, quoted, bare, value] = LABEL.exec(list) ?? [];
    if (matched === undefined) return null;
    if (value !== undefined) labels[bare ?? unquote(quoted)] = unquote(value);
    else if (quoted !== undefined && name === undefined) name = unquote(quoted);
    else return null;
  }
  return name === undefined ? null : { name, labels };
}

function unquote(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\s\S])/g, (whole, escaped) => {
    if (escaped === 'n') return '\n';
    return escaped === '\\' || escaped === '"' ? escaped : whole;
  });
}

/** What `# TYPE` and `# UNIT` say of the lines after them. */
class Families {
  private name = '';
  private type = '';
  private unit = '';

  constructor(private readonly format: ExpositionFormat) {}

  /** Takes note of a comment. @returns whether it is the end of an OpenMetrics exposition */
  note(comment: string): boolean {
    const [, word, name, rest = ''] = /^#[ \t]*(\S+)[ \t]*(\S*)[ \t]*(.*?)\r?$/.exec(comment) ?? [];
    if (word === 'EOF') return this.format === 'openmetrics';
    if (word !== 'TYPE' && word !== 'UNIT') return false;
    if (name !== this.name) {
      this.name = name;
      this.type = this.unit = '';
    }
    if (word === 'TYPE') this.type = rest.toLowerCase();
    else this.unit = rest;
    return false;
  }

  /** The type of the sample of this name, in our sense: what only grows is a counter. */
  of(name: string): { type: MetricType | undefined; unit: string } {
    if (this.name === '' || !name.startsWith(this.name)) return UNTYPED;
    const suffix = name.slice(this.name.length);
    const type = typeOf(this.type, suffix);
    return type ? { type, unit: this.unit } : UNTYPED;
  }

  /** Milliseconds in Prometheus' format, seconds in OpenMetrics. @returns epoch ms; NaN for what is no number */
  readTimestamp(text: string): number {
    const number = NUMBER.test(text) ? Number(text) : Number.NaN;
    return Math.floor(this.format === 'openmetrics' ? number * 1_000 : number);
  }
}

function typeOf(declared: string, suffix: string): MetricType | undefined {
  switch (declared) {
    case 'counter':
      return suffix === '' || suffix === '_total' ? 'counter' : suffix === '_created' ? 'gauge' : undefined;
    case 'gauge':
    case 'info':
    case 'stateset':
      return 'gauge';
    case 'histogram':
      return ['_bucket', '_sum', '_count'].includes(suffix)
        ? 'counter'
        : suffix === '_created'
          ? 'gauge'
          : undefined;
    case 'summary':
      return ['_sum', '_count'].includes(suffix)
        ? 'counter'
        : ['', '_created'].includes(suffix)
          ? 'gauge'
          : undefined;
    case 'gaugehistogram':
      return ['_bucket', '_gsum', '_gcount'].includes(suffix) ? 'gauge' : undefined;
  }
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== TAB && code !== RETURN) return false;
  }
  return true;
}

function wrong(line: number, what: string): ExpositionError {
  return new ExpositionError(`line ${line}: ${what}`);
}
