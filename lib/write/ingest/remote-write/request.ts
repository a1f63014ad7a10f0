import { Portions, type ReadSeries } from '../portions';
import { type ProtobufReader, tagOf } from '../protobuf';
import type { DecodedSamples } from '../sample';
import { readNativeHistogram } from './native-histogram';

/** Fields that are the same in both versions: of a time series, and of a sample. */
const SAMPLE = tagOf(2, 'bytes');
const VALUE = tagOf(1, 'fixed64');
const TIMESTAMP = tagOf(2, 'varint');

/** What both versions call by numbers of their own. */
interface RequestFields {
  timeSeries: number;
  /** Of a time series. */
  histogram: number;
}

/**
 * The samples of a request, in portions.
 *
 * @param readSeries reads what identifies a time series that ends at `end`, and leaves the reader where it was
 * @throws PulseError `bad_body`
 */
export function* readRequest(
  reader: ProtobufReader,
  { timeSeries, histogram }: RequestFields,
  readSeries: (end: number) => ReadSeries,
): Generator<DecodedSamples> {
  const portions = new Portions();
  const { length } = reader.bytes;
  while (reader.isBefore(length)) {
    const tag = reader.tag();
    if (tag !== timeSeries) {
      reader.skip(tag, length);
      continue;
    }
    const end = reader.enter(length);
    readItems(reader, end, { histogram, series: readSeries(end), portions });
    if (portions.isFull) yield portions.take();
  }
  yield portions.take();
}

interface Items {
  histogram: number;
  series: ReadSeries;
  portions: Portions;
}

/** The samples and histograms of one time series. */
function readItems(reader: ProtobufReader, end: number, { histogram, series, portions }: Items): void {
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === SAMPLE) readSample(reader, reader.enter(end), series, portions);
    else if (tag === histogram) {
      const read = readNativeHistogram(reader, reader.enter(end));
      if (read) portions.addHistogram(series, read);
      else portions.passOver();
    } else reader.skip(tag, end);
  }
}

function readSample(reader: ProtobufReader, end: number, series: ReadSeries, portions: Portions): void {
  // What is zero is not written.
  let value = 0;
  let timestamp = 0;
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === VALUE) value = reader.double();
    else if (tag === TIMESTAMP) timestamp = reader.int64();
    else reader.skip(tag, end);
  }
  portions.addSample(series, timestamp, value);
}
