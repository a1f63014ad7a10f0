import { malformed, type ProtobufReader, tagOf } from '../protobuf';

/** The value of an attribute in either encoding; null where it has none. */
export type Value = string | number | bigint | boolean | null | Value[] | { [key: string]: Value };

/** A value as a label's: lists as JSON. */
export function valueText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each));
}

/** Lists within lists: deeper ones nobody means. */
const MOST_DEPTH = 16;

/** Fields of `KeyValue`, and of the lists in an `AnyValue` (common.proto). */
const KEY = tagOf(1, 'bytes');
const VALUE = tagOf(2, 'bytes');
const ITEM = tagOf(1, 'bytes');

/** The text of a longer list is longer than a label's value can be. */
const MOST_ITEMS = 256;

/** Reads a field of an `AnyValue` by its tag. */
const VALUES: Readonly<Record<number, (reader: ProtobufReader, limit: number, depth: number) => Value>> = {
  [tagOf(1, 'bytes')]: (reader, limit) => reader.text(reader.enter(limit)),
  [tagOf(2, 'varint')]: (reader) => reader.uint64() !== 0,
  [tagOf(3, 'varint')]: (reader) => reader.exactInt64(),
  [tagOf(4, 'fixed64')]: (reader) => reader.double(),
  [tagOf(5, 'bytes')]: (reader, limit, depth) =>
    readItems(reader, limit, (end) => readValue(reader, end, depth + 1)),
  [tagOf(6, 'bytes')]: (reader, limit, depth) =>
    Object.fromEntries(readItems(reader, limit, (end) => readPair(reader, end, depth + 1))),
  [tagOf(7, 'bytes')]: (reader, limit) => {
    const end = reader.enter(limit);
    const text = reader.bytes.toString('base64', reader.at, end);
    reader.at = end;
    return text;
  },
};

/** A `KeyValue`. @throws PulseError `bad_body` */
export function readPair(reader: ProtobufReader, end: number, depth = 0): [name: string, value: Value] {
  let name = '';
  let value: Value = null;
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === KEY) name = reader.text(reader.enter(end));
    else if (tag === VALUE) value = readValue(reader, reader.enter(end), depth);
    else reader.skip(tag, end);
  }
  return [name, value];
}

function readValue(reader: ProtobufReader, end: number, depth: number): Value {
  if (depth > MOST_DEPTH) throw malformed(`an attribute is nested deeper than ${MOST_DEPTH} lists`);
  let value: Value = null;
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    const read = VALUES[tag];
    if (read) value = read(reader, end, depth);
    else reader.skip(tag, end);
  }
  return value;
}

function readItems<T>(reader: ProtobufReader, limit: number, read: (end: number) => T): T[] {
  const end = reader.enter(limit);
  const items: T[] = [];
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === ITEM && items.length < MOST_ITEMS) items.push(read(reader.enter(end)));
    else reader.skip(tag, end);
  }
  return items;
}
