import type { Labels } from '../../../model/labels';
import type { MetricType } from '../../../model/series';

/** The two text formats of Prometheus: its own (0.0.4), and OpenMetrics (1.0). */
export type ExpositionFormat = 'text' | 'openmetrics';

/** A series as one line of an exposition names it. */
export interface ExposedSeries {
  name: string;
  labels: Labels;
}

/** What `# TYPE` and `# UNIT` say of a line, in our sense: what only grows is a counter. */
export interface ExposedKind {
  type: MetricType | undefined;
  unit: string | undefined;
}

/** Takes the lines that have a value, one after the other. */
export interface ExpositionReader {
  /**
   * @param key the line's part before the value: the same text is the same series in every exposition of a target
   * @param value may be NaN or infinite
   * @param timestamp epoch ms; null where the line has none
   */
  sample(key: string, value: number, timestamp: number | null, kind: ExposedKind): void;
}

/** What is wrong with an exposition, with the number of the line. */
export class ExpositionError extends Error {}

/**
 * Reads an exposition line by line (Prometheus' manual, "Exposition formats"; OpenMetrics 1.0). The labels of a line
 * are left as text: the reader of a target that is scraped every second parses each series once, by `parseSeries`.
 *
 * @throws ExpositionError for the first line that is wrong: what comes after it cannot be trusted either
 */
export function readExposition(text: string, format: ExpositionFormat, reader: ExpositionReader): void {
  readInTurns(text, format, reader, Number.POSITIVE_INFINITY).next();
}

/** The same, putting itself aside after so many lines. */
export function* readInTurns(
  text: string,
  format: ExpositionFormat,
  reader: ExpositionReader,
  linesInTurn: number,
): Generator<void> {
  const families = new Families(format);
  let number = 0;
  let hasEnded = false;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    number++;
    if (hasEnded) throw wrong(number, 'something follows # EOF');
    if (text.charCodeAt(start) === HASH) hasEnded = families.note(text.slice(start, end));
    else if (skipBlanks(text, start, end) < end) readSample(text, start, end, number, families, reader);
    start = end + 1;
    if (number % linesInTurn === 0) yield;
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

/** In slices of the text and without arrays: there may be hundreds of thousands of lines a second. */
function readSample(
  text: string,
  start: number,
  end: number,
  number: number,
  families: Families,
  reader: ExpositionReader,
): void {
  const keyEnd = endOfSeries(text, start, end);
  if (keyEnd === -1) throw wrong(number, 'a label is not closed');
  const valueStart = skipBlanks(text, keyEnd, end);
  const valueEnd = skipWord(text, valueStart, end);
  const value = readNumber(text.slice(valueStart, valueEnd));
  if (value === null) throw wrong(number, WHAT_A_LINE_IS);
  let timestamp: number | null = null;
  let at = skipBlanks(text, valueEnd, end);
  if (at < end && text.charCodeAt(at) !== HASH) {
    const timestampEnd = skipWord(text, at, end);
    timestamp = families.readTimestamp(text.slice(at, timestampEnd));
    if (Number.isNaN(timestamp)) throw wrong(number, 'its time is not a number');
    at = skipBlanks(text, timestampEnd, end);
  }
  // After it an exemplar may follow.
  if (at < end && text.charCodeAt(at) !== HASH) throw wrong(number, WHAT_A_LINE_IS);
  const key = text.slice(start, keyEnd);
  reader.sample(key, value, timestamp, families.kindOf(key));
}

const WHAT_A_LINE_IS = 'a line is a name, labels in braces, a value and a time';

/** Where the series ends: after the braces, or at the first blank. -1 where a brace is not closed. */
function endOfSeries(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== OPEN && !isBlank(text.charCodeAt(at))) at++;
  // Blanks may stand before the braces.
  const open = skipBlanks(text, at, end);
  if (open === end || text.charCodeAt(open) !== OPEN) return at;
  let isQuoted = false;
  for (at = open; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isQuoted && code === BACKSLASH) at++;
    else if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === CLOSE && !isQuoted) return at + 1;
  }
  return -1;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function skipWord(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === RETURN;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '+infinity': Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
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

/** The family that the last `# TYPE` or `# UNIT` was about. */
class Families {
  private name = '';
  private type = '';
  private unit = '';
  /** By what stands behind the family's name in a line's name. */
  private readonly kinds = new Map<string, ExposedKind>();

  constructor(private readonly format: ExpositionFormat) {}

  /** Takes note of a comment. @returns whether it is the end of an OpenMetrics exposition */
  note(comment: string): boolean {
    const [, word, name, rest = ''] = COMMENT.exec(comment) ?? [];
    if (word === 'EOF') return this.format === 'openmetrics';
    if (word !== 'TYPE' && word !== 'UNIT') return false;
    if (name !== this.name) {
      this.name = name;
      this.type = this.unit = '';
    }
    if (word === 'TYPE') this.type = rest.toLowerCase();
    else this.unit = rest;
    this.kinds.clear();
    return false;
  }

  /** @param key begins with the name */
  kindOf(key: string): ExposedKind {
    if (this.name === '' || !key.startsWith(this.name)) return UNTYPED;
    let end = this.name.length;
    while (end < key.length && key.charCodeAt(end) !== OPEN && !isBlank(key.charCodeAt(end))) end++;
    const suffix = key.slice(this.name.length, end);
    let kind = this.kinds.get(suffix);
    if (!kind) {
      const type = typeOf(this.type, suffix);
      kind = type ? { type, unit: this.unit || undefined } : UNTYPED;
      this.kinds.set(suffix, kind);
    }
    return kind;
  }

  /** Milliseconds in Prometheus' format, seconds in OpenMetrics. @returns epoch ms; NaN for what is no number */
  readTimestamp(text: string): number {
    const number = NUMBER.test(text) ? Number(text) : Number.NaN;
    return Math.floor(this.format === 'openmetrics' ? number * 1_000 : number);
  }
}

const COMMENT = /^#[ \t]*(\S+)[ \t]*(\S*)[ \t]*(.*?)\r?$/;
const UNTYPED: ExposedKind = { type: undefined, unit: undefined };

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

function wrong(line: number, what: string): ExpositionError {
  return new ExpositionError(`line ${line}: ${what}`);
}
