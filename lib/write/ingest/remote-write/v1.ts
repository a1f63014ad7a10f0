import { Memo } from '../memo';
import type { ReadSeries } from '../portions';
import { ProtobufReader, tagOf } from '../protobuf';
import type { DecodedSamples } from '../sample';
import { readRequest } from './request';
import { SeriesReader } from './series';

/** Fields of `WriteRequest`, `TimeSeries` and `Label` (prompb/remote.proto, types.proto). */
const FIELDS = { timeSeries: tagOf(1, 'bytes'), histogram: tagOf(4, 'bytes') };
const LABEL = tagOf(1, 'bytes');
const LABEL_NAME = tagOf(1, 'bytes');
const LABEL_VALUE = tagOf(2, 'bytes');

/** Series by the bytes of their labels: a sender writes those of a series in the same way each time. */
const MEMO_BYTES = 64 * 2 ** 20;
const seriesOfBytes = new Memo<ReadSeries>(MEMO_BYTES);

/**
 * The body of a remote write 1.0, uncompressed. Metadata and exemplars are passed over.
 *
 * @throws PulseError `bad_body`
 */
export function decodeWriteRequest(bytes: Buffer): Generator<DecodedSamples> {
  const reader = new ProtobufReader(bytes);
  return readRequest(reader, FIELDS, (end) => seriesOf(reader.fieldsOf(LABEL, end)));
}

function seriesOf(labels: Buffer): ReadSeries {
  const key = labels.toString('latin1');
  return seriesOfBytes.get(key) ?? seriesOfBytes.set(key, readLabels(labels));
}

function readLabels(labels: Buffer): ReadSeries {
  const reader = new ProtobufReader(labels);
  const series = new SeriesReader();
  while (reader.isBefore(labels.length)) {
    reader.tag();
    const end = reader.enter(labels.length);
    let name = '';
    let value = '';
    while (reader.isBefore(end)) {
      const tag = reader.tag();
      if (tag === LABEL_NAME) name = reader.text(reader.enter(end));
      else if (tag === LABEL_VALUE) value = reader.text(reader.enter(end));
      else reader.skip(tag, end);
    }
    if (!series.add(name, value)) break;
  }
  return series.read();
}
