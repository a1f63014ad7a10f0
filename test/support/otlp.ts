import {
  double,
  type Field,
  fixed64,
  int,
  message,
  nested,
  packed,
  sint,
  text,
  varint,
} from './protobuf-writer';

/** Nanoseconds of epoch ms. */
export const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;

export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | AttributeValue[]
  | { [key: string]: AttributeValue };

/** An `AnyValue`: a bigint is an integer. */
export function anyValue(value: AttributeValue): Field[] {
  if (typeof value === 'string') return [text(1, value)];
  if (typeof value === 'boolean') return [int(2, value ? 1 : 0)];
  if (typeof value === 'bigint') return [int(3, value)];
  if (typeof value === 'number') return [double(4, value)];
  if (Array.isArray(value)) return [nested(5, ...value.map((each) => nested(1, ...anyValue(each))))];
  return [nested(6, ...attributes(1, value))];
}

/** One field for each, of this number. */
export function attributes(field: number, values: Record<string, AttributeValue>): Field[] {
  return Object.entries(values).map(([key, value]) =>
    nested(field, text(1, key), nested(2, ...anyValue(value))),
  );
}

export interface SentPoint {
  at: number | bigint;
  start?: number;
  /** A bigint is sent as an integer; undefined as a point without a value. */
  value?: number | bigint;
  labels?: Record<string, AttributeValue>;
  flags?: number;
}

const times = ({ at, start }: Pick<SentPoint, 'at' | 'start'>): Field[] => [
  ...(start === undefined ? [] : [fixed64(2, nanos(start))]),
  fixed64(3, typeof at === 'bigint' ? at : nanos(at)),
];

/** A `NumberDataPoint`, in the order of the fields' numbers, as libraries write it. */
export function numberPoint({ value, labels = {}, flags = 0, ...rest }: SentPoint): Field[] {
  return [
    ...times(rest),
    ...(typeof value === 'number' ? [double(4, value)] : []),
    ...(typeof value === 'bigint' ? [fixed64(6, value)] : []),
    ...attributes(7, labels),
    ...(flags === 0 ? [] : [int(8, flags)]),
  ];
}

export interface SentHistogram extends Omit<SentPoint, 'value'> {
  count: number;
  sum?: number;
  bounds: number[];
  counts: number[];
}

const fixed = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const float = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};

export function histogramPoint({
  count,
  sum,
  bounds,
  counts,
  labels = {},
  flags = 0,
  ...rest
}: SentHistogram) {
  return [
    ...times(rest),
    fixed64(4, BigInt(count)),
    ...(sum === undefined ? [] : [double(5, sum)]),
    packed(6, counts.map(fixed)),
    packed(7, bounds.map(float)),
    ...attributes(9, labels),
    int(10, flags),
  ];
}

export interface SentExponential extends Omit<SentPoint, 'value'> {
  count: number;
  sum: number;
  scale: number;
  zeroCount: number;
  positive: [offset: number, counts: number[]];
  negative?: [offset: number, counts: number[]];
}

export function exponentialPoint(point: SentExponential): Field[] {
  const { count, sum, scale, zeroCount, positive, negative = [0, []], labels = {}, ...rest } = point;
  const buckets = ([offset, counts]: [number, number[]]) => [
    sint(1, offset),
    packed(
      2,
      counts.map((each) => varint(each)),
    ),
  ];
  return [
    ...attributes(1, labels),
    ...times(rest),
    fixed64(4, BigInt(count)),
    double(5, sum),
    sint(6, scale),
    fixed64(7, BigInt(zeroCount)),
    nested(8, ...buckets(positive)),
    nested(9, ...buckets(negative)),
  ];
}

export interface SentSummary extends Omit<SentPoint, 'value'> {
  count: number;
  sum: number;
  quantiles: Array<[number, number]>;
}

export function summaryPoint({ count, sum, quantiles, labels = {}, ...rest }: SentSummary): Field[] {
  return [
    ...times(rest),
    fixed64(4, BigInt(count)),
    double(5, sum),
    ...quantiles.map(([quantile, value]) => nested(6, double(1, quantile), double(2, value))),
    ...attributes(7, labels),
  ];
}

/** A `Metric` by its kind. `extra` is what its data has beside points: temporality 2, monotonic 3. */
const KIND = { gauge: 5, sum: 7, histogram: 9, exponential: 10, summary: 11 } as const;

export function metric(
  name: string,
  kind: keyof typeof KIND,
  points: Field[][],
  { unit = '', temporality = 0, isMonotonic = false } = {},
): Field[] {
  return [
    text(1, name),
    ...(unit === '' ? [] : [text(3, unit)]),
    nested(
      KIND[kind],
      ...points.map((point) => nested(1, ...point)),
      ...(temporality === 0 ? [] : [int(2, temporality)]),
      ...(isMonotonic ? [int(3, 1)] : []),
    ),
  ];
}

export const CUMULATIVE = 2;
export const DELTA = 1;

/** An `ExportMetricsServiceRequest` of one resource with one scope. */
export function exportOf(
  metrics: Field[][],
  { resource = {}, scope = '' }: { resource?: Record<string, AttributeValue>; scope?: string } = {},
): Buffer<ArrayBuffer> {
  return message(
    nested(
      1,
      nested(1, ...attributes(1, resource)),
      nested(2, nested(1, text(1, scope)), ...metrics.map((each) => nested(2, ...each))),
    ),
  );
}
