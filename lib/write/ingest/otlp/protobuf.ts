import { Portions } from '../portions';
import { ProtobufReader, tagOf } from '../protobuf';
import type { DecodedSamples } from '../sample';
import { originLabels } from './labels';
import { toMetric } from './metric';
import { Points } from './points';
import { attributesOf, resourceAttributes, scopeName } from './protobuf-labels';
import { KINDS, type Kind } from './protobuf-points';
import { MetricSeries, Origin } from './series';

/** Fields of `ExportMetricsServiceRequest`, `ResourceMetrics`, `ScopeMetrics`, `Metric`, its data (metrics.proto). */
const RESOURCE_METRICS = tagOf(1, 'bytes');
const RESOURCE = tagOf(1, 'bytes');
const SCOPE_METRICS = tagOf(2, 'bytes');
const SCOPE = tagOf(1, 'bytes');
const METRIC = tagOf(2, 'bytes');
const NAME = tagOf(1, 'bytes');
const UNIT = tagOf(3, 'bytes');
const POINT = tagOf(1, 'bytes');
const TEMPORALITY = tagOf(2, 'varint');
const IS_MONOTONIC = tagOf(3, 'varint');

/**
 * The body of an export, uncompressed. A sample's index is the number of its data point, from 0. Descriptions and
 * exemplars are passed over.
 *
 * @throws PulseError `bad_body`
 */
export function* decodeExport(bytes: Buffer): Generator<DecodedSamples> {
  const body = new Body(bytes);
  const { reader, portions } = body;
  for (const resourceEnd of body.fields(RESOURCE_METRICS, bytes.length)) {
    const resource = reader.fieldsOf(RESOURCE, resourceEnd);
    for (const scopeEnd of body.fields(SCOPE_METRICS, resourceEnd)) {
      const origin = toOrigin(resource, reader.fieldsOf(SCOPE, scopeEnd));
      for (const metricEnd of body.fields(METRIC, scopeEnd)) yield* readMetric(body, origin, metricEnd);
    }
  }
  yield portions.take();
}

function toOrigin(resource: Buffer, scope: Buffer): Origin {
  const read = () => originLabels(resourceAttributes(resource), scopeName(scope));
  return new Origin(resource.toString('latin1'), scope.toString('latin1'), read);
}

class Body {
  readonly reader: ProtobufReader;
  readonly portions = new Portions();
  readonly points = new Points(this.portions);

  constructor(bytes: Buffer) {
    this.reader = new ProtobufReader(bytes);
  }

  /** Enters every field of this tag before `end`, and yields where it ends. */
  *fields(wanted: number, end: number): Generator<number> {
    const { reader } = this;
    while (reader.isBefore(end)) {
      const tag = reader.tag();
      if (tag !== wanted) {
        reader.skip(tag, end);
        continue;
      }
      const fieldEnd = reader.enter(end);
      yield fieldEnd;
      // Whatever was read of it.
      reader.at = fieldEnd;
    }
  }
}

function* readMetric(
  { reader, portions, points }: Body,
  origin: Origin,
  end: number,
): Generator<DecodedSamples> {
  const { name, unit, data } = readHead(reader, end);
  if (!data) return;
  const { kind, from, to } = data;
  reader.at = from;
  const metric = toMetric({ name, unit, isSum: kind.isSum, ...readDataHead(reader, to) });
  const series = new MetricSeries(origin, metric);
  while (reader.isBefore(to)) {
    const tag = reader.tag();
    if (tag !== POINT) {
      reader.skip(tag, to);
      continue;
    }
    const pointEnd = reader.enter(to);
    const attributes = reader.fieldsOf(kind.attribute, pointEnd);
    const ofPoint = series.of(attributes.toString('latin1'), () => attributesOf(attributes));
    kind.add(reader, pointEnd, ofPoint, metric.isDelta, points);
    if (portions.isFull) yield portions.take();
  }
}

interface MetricHead {
  name: string;
  unit: string;
  /** Where its points are; undefined where it has none. */
  data?: { kind: Kind; from: number; to: number };
}

/** All of a metric but its points, which may come before its name. */
function readHead(reader: ProtobufReader, end: number): MetricHead {
  const head: MetricHead = { name: '', unit: '' };
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    const kind = KINDS[tag];
    if (kind) {
      const to = reader.enter(end);
      head.data = { kind, from: reader.at, to };
      reader.at = to;
    } else if (tag === NAME) head.name = reader.text(reader.enter(end));
    else if (tag === UNIT) head.unit = reader.text(reader.enter(end));
    else reader.skip(tag, end);
  }
  return head;
}

/** What is said of all points, mostly behind them. Leaves the reader where it was. */
function readDataHead(reader: ProtobufReader, end: number): { temporality: number; isMonotonic: boolean } {
  const { at } = reader;
  const head = { temporality: 0, isMonotonic: false };
  while (reader.isBefore(end)) {
    const tag = reader.tag();
    if (tag === TEMPORALITY) head.temporality = reader.uint64();
    else if (tag === IS_MONOTONIC) head.isMonotonic = reader.uint64() !== 0;
    else reader.skip(tag, end);
  }
  reader.at = at;
  return head;
}
