import type { Portions, ReadSeries } from '../portions';
import { type ProtobufReader, tagOf } from '../protobuf';

/** Fields of `Sample`, the same in both versions. */
const VALUE = tagOf(1, 'fixed64');
const TIMESTAMP = tagOf(2, 'varint');

export function readSample(
  reader: ProtobufReader,
  end: number,
  series: ReadSeries,
  portions: Portions,
): void {
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
