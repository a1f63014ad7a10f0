import { compress } from 'snappyjs';
import { tagOf } from '../ingest/protobuf';

/** Samples of one series, by time, with its labels as `encodeLabels` wrote them. */
export interface EncodedSeries {
  labels: Buffer;
  timestamps: number[];
  values: number[];
}

const TIMESERIES = tagOf(1, 'bytes');
const LABEL = tagOf(1, 'bytes');
const LABEL_NAME = tagOf(1, 'bytes');
const LABEL_VALUE = tagOf(2, 'bytes');
const SAMPLE = tagOf(2, 'bytes');
const SAMPLE_VALUE = tagOf(1, 'fixed64');
const SAMPLE_TIMESTAMP = tagOf(2, 'varint');

/** Tag, length, tag and value, tag; the timestamp comes after. */
const SAMPLE_BYTES = 1 + 1 + 9 + 1;
const MOST_VARINT_BYTES = 10;

/** The label fields of a `prometheus.TimeSeries`. */
export function encodeLabels(labels: ReadonlyArray<readonly [name: string, value: string]>): Buffer {
  return Buffer.concat(
    labels.map(([name, value]) => {
      const fields = Buffer.concat([textField(LABEL_NAME, name), textField(LABEL_VALUE, value)]);
      return Buffer.concat([lengthField(LABEL, fields.length), fields]);
    }),
  );
}

/** A `prometheus.WriteRequest` (remote write 1.0), compressed with snappy. */
export function encodeWriteRequest(series: readonly EncodedSeries[]): Uint8Array {
  let most = 0;
  for (const { labels, values } of series)
    most += 2 * MOST_VARINT_BYTES + labels.length + values.length * (SAMPLE_BYTES + MOST_VARINT_BYTES);
  const bytes = new Uint8Array(most);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { labels, timestamps, values } of series) {
    let length = labels.length;
    for (const timestamp of timestamps) length += SAMPLE_BYTES + varintBytes(timestamp);
    bytes[at++] = TIMESERIES;
    at = writeVarint(bytes, at, length);
    bytes.set(labels, at);
    at += labels.length;
    for (let i = 0; i < values.length; i++) {
      bytes[at++] = SAMPLE;
      bytes[at++] = SAMPLE_BYTES - 2 + varintBytes(timestamps[i]);
      bytes[at++] = SAMPLE_VALUE;
      view.setFloat64(at, values[i], true);
      at += 8;
      bytes[at++] = SAMPLE_TIMESTAMP;
      at = writeVarint(bytes, at, timestamps[i]);
    }
  }
  return compress(bytes.subarray(0, at));
}

function textField(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([lengthField(tag, bytes.length), bytes]);
}

function lengthField(tag: number, length: number): Buffer {
  const bytes = Buffer.alloc(1 + MOST_VARINT_BYTES);
  bytes[0] = tag;
  return bytes.subarray(0, writeVarint(bytes, 1, length));
}

/** Of an int64: a negative one takes ten bytes. */
function varintBytes(value: number): number {
  if (value < 0) return MOST_VARINT_BYTES;
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** @returns where the next field begins */
function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
    bytes[at++] = Number(rest);
    return at;
  }
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}
