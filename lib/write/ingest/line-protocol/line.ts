import type { Labels } from '../../../model/labels';
import { Memo } from '../memo';
import { toLabels } from '../names';

/** What is wrong with a line, in the words of InfluxDB. */
export class BadLine extends Error {}

export interface Point {
  measurement: string;
  labels: Labels;
  /** Numbers only: a text is no value of a metric. */
  fields: Array<[name: string, value: number]>;
  /** As it is written; empty where there is none. */
  time: string;
}

type Subject = Pick<Point, 'measurement' | 'labels'>;

/** Measurements with their tags, by their text: it is the same in the next body. */
const MEMO_BYTES = 32 * 2 ** 20;
const subjects = new Memo<Subject>(MEMO_BYTES);

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EQUALS = 0x3d;

/**
 * Reads `measurement,tag=value field=1,other=2i timestamp`.
 *
 * @throws BadLine
 */
export function readLine(line: string): Point {
  const to = endOf(line, 0, SPACE);
  const text = line.slice(0, to);
  const { measurement, labels } = subjects.get(text) ?? subjects.set(text, readSubject(text));
  const point: Point = { measurement, labels, fields: [], time: '' };
  const end = readFields(line, afterSpaces(line, to), point.fields);
  point.time = line.slice(end).trim();
  return point;
}

function readSubject(text: string): Subject {
  const [measurement, ...tags] = split(text, COMMA);
  if (measurement === '') throw new BadLine('missing measurement');
  const labels = new Map<string, string>();
  for (const tag of tags) {
    const at = endOf(tag, 0, EQUALS);
    const name = unescaped(tag.slice(0, at));
    const value = unescaped(tag.slice(at + 1));
    if (name === '') throw new BadLine('missing tag key');
    if (value === '') throw new BadLine('missing tag value');
    if (labels.has(name)) throw new BadLine('duplicate tags');
    labels.set(name, value);
  }
  return { measurement: unescaped(measurement), labels: toLabels(labels) };
}

/** @returns where they end. */
function readFields(line: string, from: number, fields: Point['fields']): number {
  let at = from;
  for (;;) {
    const equals = endOf(line, at, EQUALS);
    const name = unescaped(line.slice(at, equals));
    if (equals >= line.length)
      throw new BadLine(at === from && name === '' ? 'missing fields' : 'invalid field format');
    if (name === '') throw new BadLine('missing field key');
    const end = endOfValue(line, equals + 1);
    const value = readValue(line.slice(equals + 1, end));
    if (value !== null) fields.push([name, value]);
    if (line.charCodeAt(end) !== COMMA) return end;
    at = end + 1;
  }
}

/** A text may hold what else ends a value. */
function endOfValue(line: string, from: number): number {
  let at = from;
  if (line.charCodeAt(at) === QUOTE) {
    for (at++; line.charCodeAt(at) !== QUOTE; at++) {
      if (at >= line.length) throw new BadLine('unbalanced quotes');
      if (line.charCodeAt(at) === BACKSLASH) at++;
    }
  }
  for (; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === COMMA || code === SPACE) break;
  }
  return at;
}

const INTEGER = /^([+-]?\d{1,20})([iu])$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const TRUE = new Set(['t', 'T', 'true', 'True', 'TRUE']);
const FALSE = new Set(['f', 'F', 'false', 'False', 'FALSE']);

/** A boolean is 1 or 0; null for a text. */
function readValue(text: string): number | null {
  if (text === '') throw new BadLine('missing field value');
  if (text.startsWith('"')) {
    if (text.length < 2 || !text.endsWith('"')) throw new BadLine('invalid field format');
    return null;
  }
  if (FLOAT.test(text)) return finite(Number(text));
  const integer = INTEGER.exec(text);
  if (integer) return readInteger(integer[1], integer[2] === 'u');
  if (TRUE.has(text)) return 1;
  if (FALSE.has(text)) return 0;
  throw new BadLine('invalid number');
}

function readInteger(digits: string, isUnsigned: boolean): number {
  const value = BigInt(digits.replace(/^\+/, ''));
  const [least, most] = isUnsigned ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  if (value < least || value > most) throw new BadLine('value out of range');
  return Number(value);
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new BadLine('value out of range');
}

/** Where `code` is first, not behind a backslash; the end where it is not. */
function endOf(text: string, from: number, code: number): number {
  for (let at = from; at < text.length; at++) {
    const each = text.charCodeAt(at);
    if (each === code) return at;
    if (each === BACKSLASH) at++;
  }
  return text.length;
}

function split(text: string, code: number): string[] {
  const parts: string[] = [];
  for (let from = 0; ; ) {
    const to = endOf(text, from, code);
    parts.push(text.slice(from, to));
    if (to >= text.length) return parts;
    from = to + 1;
  }
}

function afterSpaces(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === SPACE) at++;
  return at;
}

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= \\"])/g, '$1') : text;
}
