import {
  type Buckets,
  fixedBuckets,
  type Histogram,
  type IndexedCounts,
  MOST_GIVEN_BUCKETS,
} from '../histogram';
import { malformed, type ProtobufReader, tagOf } from '../protobuf';

/** The schema of a histogram whose bounds are its own. */
const CUSTOM_BOUNDS = -53;

/** `Histogram` of both versions (prompb/types.proto; the numbers are the same in 2.0), as it is written. */
class Written {
  count = 0;
  sum = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  readonly negative = new WrittenBuckets();
  readonly positive = new WrittenBuckets();
  timestamp = 0;
  readonly bounds: number[] = [];
}

class WrittenBuckets {
  /** Where runs of buckets begin, after the end of the one before, and how many they are. */
  readonly spans: Array<{ offset: number; length: number }> = [];
  readonly deltas: number[] = [];
  readonly counts: number[] = [];
}

/** Reads fields, by their tags. */
const FIELDS: Record<number, (into: Written, reader: ProtobufReader, end: number) => void> = {
  [tagOf(1, 'varint')]: (into, reader) => (into.count = reader.uint64()),
  [tagOf(2, 'fixed64')]: (into, reader) => (into.count = reader.double()),
  [tagOf(3, 'fixed64')]: (into, reader) => (into.sum = reader.double()),
  [tagOf(4, 'varint')]: (into, reader) => (into.schema = reader.sint64()),
  [tagOf(5, 'fixed64')]: (into, reader) => (into.zeroThreshold = reader.double()),
  [tagOf(6, 'varint')]: (into, reader) => (into.zeroCount = reader.uint64()),
  [tagOf(7, 'fixed64')]: (into, reader) => (into.zeroCount = reader.double()),
  [tagOf(8, 'bytes')]: (into, reader, end) => readSpan(reader, end, into.negative.spans),
  [tagOf(9, 'bytes')]: (into, reader, end) => readPacked(reader, end, into.negative.deltas, 'sint64'),
  [tagOf(9, 'varint')]: (into, reader) => add(into.negative.deltas, reader.sint64()),
  [tagOf(10, 'bytes')]: (into, reader, end) => readPacked(reader, end, into.negative.counts, 'double'),
  [tagOf(10, 'fixed64')]: (into, reader) => add(into.negative.counts, reader.double()),
  [tagOf(11, 'bytes')]: (into, reader, end) => readSpan(reader, end, into.positive.spans),
  [tagOf(12, 'bytes')]: (into, reader, end) => readPacked(reader, end, into.positive.deltas, 'sint64'),
  [tagOf(12, 'varint')]: (into, reader) => add(into.positive.deltas, reader.sint64()),
  [tagOf(13, 'bytes')]: (into, reader, end) => readPacked(reader, end, into.positive.counts, 'double'),
  [tagOf(13, 'fixed64')]: (into, reader) => add(into.positive.counts, reader.double()),
  [tagOf(15, 'varint')]: (into, reader) => (into.timestamp = reader.int64()),
  [tagOf(16, 'bytes')]: (into, reader, end) => readPacked(reader, end, into.bounds, 'double'),
  [tagOf(16, 'fixed64')]: (into, reader) => add(into.bounds, reader.double()),
};

export type NativeHistogram = Omit<Histogram, 'index' | 'name' | 'labels'>;

/**
 * A native histogram with fixed buckets; null for one that only says that its series ended.
 *
 * @throws PulseError `bad_body`
 */
export function readNativeHistogram(reader: ProtobufReader, end: number): NativeHistogram | null {
  const written = new Written();
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    const read = FIELDS[tag];
    if (read) read(written, reader, end);
    else reader.skip(tag, end);
  }
  const { count, sum, timestamp } = written;
  if (Number.isNaN(sum) && count === 0) return null;
  return { timestamp, count, sum, buckets: bucketsOf(written) };
}

function bucketsOf({ schema, zeroThreshold, zeroCount, positive, negative, bounds }: Written): Buckets {
  const counts = indexedCounts(positive);
  if (schema === CUSTOM_BOUNDS) return customBuckets(bounds, counts);
  return fixedBuckets({
    scale: schema,
    zeroThreshold,
    zeroCount,
    positive: counts,
    negative: indexedCounts(negative),
  });
}

function customBuckets(bounds: readonly number[], given: IndexedCounts): Buckets {
  const counts = new Map(given);
  let atMost = 0;
  return bounds.map((bound, index) => {
    atMost += counts.get(index) ?? 0;
    return [bound, atMost];
  });
}

/** Spans may claim any length; what counts is how many buckets there are. */
function indexedCounts({ spans, deltas, counts }: WrittenBuckets): IndexedCounts {
  const indexed: IndexedCounts = [];
  const total = Math.max(deltas.length, counts.length);
  let index = 0;
  let read = 0;
  let last = 0;
  for (const { offset, length } of spans) {
    index += offset;
    if (read + length > total) throw malformed('a histogram has fewer buckets than it says');
    for (let i = 0; i < length; i++, index++, read++) {
      last = deltas.length > 0 ? last + deltas[read] : counts[read];
      indexed.push([index, last]);
    }
  }
  return indexed;
}

function readSpan(reader: ProtobufReader, limit: number, spans: WrittenBuckets['spans']): void {
  const end = reader.enter(limit);
  const span = { offset: 0, length: 0 };
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === tagOf(1, 'varint')) span.offset = reader.sint64();
    else if (tag === tagOf(2, 'varint')) span.length = reader.uint64();
    else reader.skip(tag, end);
  }
  add(spans, span);
}

function readPacked(reader: ProtobufReader, limit: number, into: number[], kind: 'sint64' | 'double'): void {
  const end = reader.enter(limit);
  while (reader.isBefore(end)) add(into, reader[kind]());
}

/** @throws PulseError `bad_body`: a body of bytes alone could hold millions. */
function add<T>(into: T[], item: T): void {
  if (into.length >= MOST_GIVEN_BUCKETS)
    throw malformed(`a histogram has more than ${MOST_GIVEN_BUCKETS} buckets`);
  into.push(item);
}
