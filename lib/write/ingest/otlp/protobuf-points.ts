import { MOST_GIVEN_BUCKETS } from '../histogram';
import type { ReadSeries } from '../portions';
import { type ProtobufReader, tagOf } from '../protobuf';
import type {
  ExponentialBuckets,
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  Points,
  SummaryPoint,
} from './points';

/** Reads fields into an object, by their tags. */
type Fields<T> = Readonly<Record<number, (into: T, reader: ProtobufReader, limit: number) => void>>;

function readFields<T>(fields: Fields<T>, into: T, reader: ProtobufReader, end: number): T {
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    const read = fields[tag];
    if (read) read(into, reader, end);
    else reader.skip(tag, end);
  }
  return into;
}

const START = tagOf(2, 'fixed64');
const TIME = tagOf(3, 'fixed64');
const AS_DOUBLE = tagOf(4, 'fixed64');
const AS_INT = tagOf(6, 'fixed64');
const NUMBER_FLAGS = tagOf(8, 'varint');

/** The times of every kind have the same fields. */
const TIMES: Fields<{ start: number; time: number }> = {
  [START]: (into, reader) => (into.start = reader.nanosecondsAsMs()),
  [TIME]: (into, reader) => (into.time = reader.nanosecondsAsMs()),
};

const HISTOGRAM: Fields<HistogramPoint> = {
  ...TIMES,
  [tagOf(4, 'fixed64')]: (into, reader) => (into.count = reader.fixed64()),
  [tagOf(5, 'fixed64')]: (into, reader) => (into.sum = reader.double()),
  [tagOf(6, 'bytes')]: (into, reader, limit) => readPacked(reader, limit, into.counts, 'fixed64'),
  [tagOf(6, 'fixed64')]: (into, reader) => push(into.counts, reader.fixed64()),
  [tagOf(7, 'bytes')]: (into, reader, limit) => readPacked(reader, limit, into.bounds, 'double'),
  [tagOf(7, 'fixed64')]: (into, reader) => push(into.bounds, reader.double()),
  [tagOf(10, 'varint')]: (into, reader) => (into.flags = reader.uint64()),
};

const EXPONENTIAL: Fields<ExponentialPoint> = {
  ...TIMES,
  [tagOf(4, 'fixed64')]: (into, reader) => (into.count = reader.fixed64()),
  [tagOf(5, 'fixed64')]: (into, reader) => (into.sum = reader.double()),
  [tagOf(6, 'varint')]: (into, reader) => (into.scale = reader.sint64()),
  [tagOf(7, 'fixed64')]: (into, reader) => (into.zeroCount = reader.fixed64()),
  [tagOf(8, 'bytes')]: (into, reader, limit) => readBuckets(reader, limit, into.positive),
  [tagOf(9, 'bytes')]: (into, reader, limit) => readBuckets(reader, limit, into.negative),
  [tagOf(10, 'varint')]: (into, reader) => (into.flags = reader.uint64()),
  [tagOf(14, 'fixed64')]: (into, reader) => (into.zeroThreshold = reader.double()),
};

const BUCKETS: Fields<ExponentialBuckets> = {
  [tagOf(1, 'varint')]: (into, reader) => (into.offset = reader.sint64()),
  [tagOf(2, 'bytes')]: (into, reader, limit) => readPacked(reader, limit, into.counts, 'uint64'),
  [tagOf(2, 'varint')]: (into, reader) => push(into.counts, reader.uint64()),
};

const SUMMARY: Fields<SummaryPoint> = {
  ...TIMES,
  [tagOf(4, 'fixed64')]: (into, reader) => (into.count = reader.fixed64()),
  [tagOf(5, 'fixed64')]: (into, reader) => (into.sum = reader.double()),
  [tagOf(6, 'bytes')]: (into, reader, limit) =>
    push(into.quantiles, readFields(QUANTILE, [0, 0], reader, reader.enter(limit))),
  [tagOf(8, 'varint')]: (into, reader) => (into.flags = reader.uint64()),
};

const QUANTILE: Fields<[quantile: number, value: number]> = {
  [tagOf(1, 'fixed64')]: (into, reader) => (into[0] = reader.double()),
  [tagOf(2, 'fixed64')]: (into, reader) => (into[1] = reader.double()),
};

/** A kind of metric. */
export interface Kind {
  readonly isSum: boolean;
  /** The field of a point that has an attribute. */
  readonly attribute: number;
  /** Reads the point that ends there, and adds it. */
  add(reader: ProtobufReader, end: number, series: ReadSeries, isDelta: boolean, points: Points): void;
}

const numberKind = (isSum: boolean): Kind => ({
  isSum,
  attribute: tagOf(7, 'bytes'),
  add: (reader, end, series, isDelta, points) => points.addNumber(series, isDelta, readNumber(reader, end)),
});

/** By the field of `Metric` that they are in. */
export const KINDS: Readonly<Record<number, Kind>> = {
  [tagOf(5, 'bytes')]: numberKind(false),
  [tagOf(7, 'bytes')]: numberKind(true),
  [tagOf(9, 'bytes')]: {
    isSum: false,
    attribute: tagOf(9, 'bytes'),
    add: (reader, end, series, isDelta, points) =>
      points.addHistogram(series, isDelta, readFields(HISTOGRAM, emptyHistogram(), reader, end)),
  },
  [tagOf(10, 'bytes')]: {
    isSum: false,
    attribute: tagOf(1, 'bytes'),
    add: (reader, end, series, isDelta, points) =>
      points.addExponential(series, isDelta, readFields(EXPONENTIAL, emptyExponential(), reader, end)),
  },
  [tagOf(11, 'bytes')]: {
    isSum: false,
    attribute: tagOf(7, 'bytes'),
    add: (reader, end, series, _isDelta, points) =>
      points.addSummary(series, readFields(SUMMARY, emptySummary(), reader, end)),
  },
};

/** The same object for each: nobody keeps it. */
const numberPoint: NumberPoint = { start: 0, time: 0, flags: 0, value: undefined };

function readNumber(reader: ProtobufReader, end: number): NumberPoint {
  const point = numberPoint;
  point.start = point.time = point.flags = 0;
  point.value = undefined;
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === TIME) point.time = reader.nanosecondsAsMs();
    else if (tag === START) point.start = reader.nanosecondsAsMs();
    else if (tag === AS_DOUBLE) point.value = reader.double();
    else if (tag === AS_INT) point.value = reader.sfixed64();
    else if (tag === NUMBER_FLAGS) point.flags = reader.uint64();
    else reader.skip(tag, end);
  }
  return point;
}

const emptyHistogram = (): HistogramPoint => ({
  start: 0,
  time: 0,
  flags: 0,
  count: 0,
  sum: undefined,
  bounds: [],
  counts: [],
});
const emptyExponential = (): ExponentialPoint => ({
  start: 0,
  time: 0,
  flags: 0,
  count: 0,
  sum: undefined,
  scale: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { offset: 0, counts: [] },
  negative: { offset: 0, counts: [] },
});
const emptySummary = (): SummaryPoint => ({ start: 0, time: 0, flags: 0, count: 0, sum: 0, quantiles: [] });

function readBuckets(reader: ProtobufReader, limit: number, into: ExponentialBuckets): void {
  readFields(BUCKETS, into, reader, reader.enter(limit));
}

function readPacked(
  reader: ProtobufReader,
  limit: number,
  into: number[],
  kind: 'fixed64' | 'double' | 'uint64',
): void {
  const end = reader.enter(limit);
  while (reader.isBefore(end)) push(into, reader[kind]());
}

/** One too many is enough to refuse the point. */
function push<T>(into: T[], value: T): void {
  if (into.length <= MOST_GIVEN_BUCKETS) into.push(value);
}
