import { decodeWriteRequest } from '@/lib/write/ingest/remote-write/v1';
import { decodeWriteRequest2 } from '@/lib/write/ingest/remote-write/v2';
import type { DecodedSamples } from '@/lib/write/ingest/sample';
import {
  double,
  type Field,
  int,
  message,
  nested,
  packed,
  sint,
  text,
  varint,
  zigzag,
} from './protobuf-writer';

export type SentSample = [timestamp: number | bigint, value: number];

export interface SentSeries {
  labels: Record<string, string> | Array<[string, string]>;
  samples?: SentSample[];
  histograms?: Field[][];
}

/** The mark that a series ended: a NaN with bits of its own. */
export const STALE = Buffer.from('020000000000f07f', 'hex').readDoubleLE();

const sample = ([timestamp, value]: SentSample) => [
  // As Go writes it: what is zero is left out.
  ...(Object.is(value, 0) ? [] : [double(1, value)]),
  ...(timestamp === 0 ? [] : [int(2, timestamp)]),
];

const pairsOf = ({ labels }: SentSeries) => (Array.isArray(labels) ? labels : Object.entries(labels));

/** A `prometheus.WriteRequest`, uncompressed. */
export function encodeV1(series: SentSeries[]): Buffer<ArrayBuffer> {
  return message(
    ...series.map((each) =>
      nested(
        1,
        ...pairsOf(each).map(([name, value]) => nested(1, text(1, name), text(2, value))),
        ...(each.samples ?? []).map((one) => nested(2, ...sample(one))),
        ...(each.histograms ?? []).map((one) => nested(4, ...one)),
      ),
    ),
  );
}

/** An `io.prometheus.write.v2.Request`, uncompressed. */
export function encodeV2(series: Array<SentSeries & { type?: number; unit?: string }>): Buffer<ArrayBuffer> {
  const symbols = [''];
  const ref = (symbol: string) => {
    const known = symbols.indexOf(symbol);
    return varint(known === -1 ? symbols.push(symbol) - 1 : known);
  };
  const timeseries = series.map((each) =>
    nested(
      5,
      packed(
        1,
        pairsOf(each).flatMap(([name, value]) => [ref(name), ref(value)]),
      ),
      ...(each.samples ?? []).map((one) => nested(2, ...sample(one))),
      ...(each.histograms ?? []).map((one) => nested(3, ...one)),
      nested(5, int(1, each.type ?? 0), Buffer.concat([varint(4 * 8), ref(each.unit ?? '')])),
    ),
  );
  return message(...symbols.map((symbol) => text(4, symbol)), ...timeseries);
}

/** A native histogram of whole numbers: observations at most 1, 2, 4 … by schema 0. */
export function nativeHistogram(timestamp: number, { sum = 10, schema = 0 } = {}): Field[] {
  return [
    int(1, 9),
    double(3, sum),
    sint(4, schema),
    double(5, 1e-9),
    int(6, 2),
    nested(8, sint(1, 1), int(2, 1)),
    packed(9, [zigzag(1)]),
    // Two buckets from index 0, one after a gap of one.
    nested(11, sint(1, 0), int(2, 2)),
    nested(11, sint(1, 1), int(2, 1)),
    packed(12, [zigzag(1), zigzag(1), zigzag(1)]),
    int(15, timestamp),
  ];
}

/** A time of samples, epoch ms. */
export const AT = 1_795_200_000_000;

export const named = (name: string, labels: Record<string, string> = {}) => ({ __name__: name, ...labels });

/** Each version of the protocol, how a body of it is read, and how it is made. */
export const VERSIONS = [
  ['1.0', decodeWriteRequest, encodeV1],
  ['2.0', decodeWriteRequest2, encodeV2],
] as const;

/** What all portions of a body have. */
export function all(portions: Iterable<DecodedSamples>): DecodedSamples {
  const found: DecodedSamples = { samples: [], errors: [] };
  for (const { samples, errors } of portions) {
    found.samples.push(...samples);
    found.errors.push(...errors);
  }
  return found;
}
