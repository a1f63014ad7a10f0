import { compress } from 'snappyjs';
import { tagOf } from '../ingest/protobuf';

/** Samples series by series, in columns: of each series its labels as `encodeLabels` wrote them, and how many it has. */
export interface WriteColumns {
  labels: Buffer[];
  counts: number[];
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
export function encodeWriteRequest({ labels, counts, timestamps, values }: WriteColumns): Uint8Array {
  let most = values.length * (SAMPLE_BYTES + MOST_VARINT_BYTES);
  for (const each of labels) most += 2 * MOST_VARINT_BYTES + each.length;
  const bytes = new Uint8Array(most);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let sample = 0;
  for (let series = 0; series < labels.length; series++) {
    const end = sample + counts[series];
    let length = labels[series].length;
    for (let i = sample; i < end; i++) length += SAMPLE_BYTES + varintBytes(timestamps[i]);
    bytes[at++] = TIMESERIES;
    at = writeVarint(bytes, at, length);
    bytes.set(labels[series], at);
    at += labels[series].length;
    for (; sample < end; sample++) {
      bytes[at++] = SAMPLE;
      bytes[at++] = SAMPLE_BYTES - 2 + varintBytes(timestamps[sample]);
      bytes[at++] = SAMPLE_VALUE;
      view.setFloat64(at, values[sample], true);
      at += 8;
      bytes[at++] = SAMPLE_TIMESTAMP;
      at = writeVarint(bytes, at, timestamps[sample]);
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
  for (let bound = 0x80; value >= bound; bound *= 0x80) bytes++;
  return bytes;
}

const FOUR_BYTES = 2 ** 28;

/** @returns where the next field begins */
function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  if (value < 0) return writeLongVarint(bytes, from, BigInt.asUintN(64, BigInt(value)));
  let at = from;
  let rest = value;
  // Bits of integers that fit 32 are much cheaper than divisions.
  while (rest >= FOUR_BYTES) {
    const low = rest % FOUR_BYTES;
    bytes[at++] = (low & 0x7f) | 0x80;
    bytes[at++] = ((low >>> 7) & 0x7f) | 0x80;
    bytes[at++] = ((low >>> 14) & 0x7f) | 0x80;
    bytes[at++] = (low >>> 21) | 0x80;
    rest = (rest - low) / FOUR_BYTES;
  }
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

function writeLongVarint(bytes: Uint8Array, from: number, value: bigint): number {
  let at = from;
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80;
  bytes[at++] = Number(rest);
  return at;
}
