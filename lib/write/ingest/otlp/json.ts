import { toText } from '../body';
import { type JsonBounds, refuseExpensiveJson } from '../expensive-json';
import { parseJson } from '../parse-json';
import { Portions, type ReadSeries } from '../portions';
import type { DecodedSamples } from '../sample';
import { type Value, valueText } from './attributes';
import {
  type Message,
  messageOf,
  messagesIn,
  nanosecondsIn,
  numberIn,
  numbersIn,
  textIn,
} from './json-values';
import { originLabels } from './labels';
import { DELTA, toMetric } from './metric';
import { type ExponentialBuckets, type Point, Points } from './points';
import { MetricSeries, Origin } from './series';

/** A point has an object for each of its attributes, and one for its value. */
const BOUNDS: JsonBounds = {
  entries: 100_000,
  containers: 400_000,
  // Also small ones could be nested deeper than the stack.
  fromBytes: 0,
  advice: 'The body has too many data points. Send several, or application/x-protobuf.',
};

/** What the protocol calls it, and what some senders write instead. */
const TEMPORALITIES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [DELTA, DELTA],
  ['AGGREGATION_TEMPORALITY_DELTA', DELTA],
]);

/**
 * The body of an export as JSON. A sample's index is the number of its data point, from 0.
 *
 * @throws PulseError `bad_json`, `bad_body`, `bad_shape`, `too_many_samples`
 */
export function* decodeJsonExport(bytes: Buffer): Generator<DecodedSamples> {
  refuseExpensiveJson(bytes, BOUNDS);
  const body = messageOf(parseJson(toText(bytes)), 'The body');
  const portions = new Portions();
  const points = new Points(portions);
  for (const { metric, origin } of metricsIn(body)) {
    const found = dataOf(metric);
    if (!found) continue;
    const { data, add, isSum } = found;
    const ours = toMetric({
      name: textIn(metric, 'name'),
      unit: textIn(metric, 'unit'),
      isSum,
      isMonotonic: data.isMonotonic === true,
      temporality: TEMPORALITIES.get(data.aggregationTemporality) ?? 0,
    });
    const series = new MetricSeries(origin, ours);
    for (const point of messagesIn(data, 'dataPoints')) {
      const ofPoint = series.of(JSON.stringify(point.attributes) ?? '', () => attributesIn(point));
      add(points, ofPoint, ours.isDelta, point);
      if (portions.isFull) yield portions.take();
    }
  }
  yield portions.take();
}

function* metricsIn(body: Message): Generator<{ metric: Message; origin: Origin }> {
  for (const ofResource of messagesIn(body, 'resourceMetrics')) {
    const resource = messageOf(ofResource.resource ?? {}, 'resource');
    for (const ofScope of messagesIn(ofResource, 'scopeMetrics')) {
      const scope = messageOf(ofScope.scope ?? {}, 'scope');
      const read = () => originLabels(attributesIn(resource), textIn(scope, 'name'));
      const origin = new Origin(JSON.stringify(resource), JSON.stringify(scope), read);
      for (const metric of messagesIn(ofScope, 'metrics')) yield { metric, origin };
    }
  }
}

type Add = (points: Points, series: ReadSeries, isDelta: boolean, point: Message) => void;

const addNumber: Add = (points, series, isDelta, point) => {
  const value = numberIn(point, 'asDouble') ?? numberIn(point, 'asInt');
  points.addNumber(series, isDelta, { ...timesOf(point), value });
};

/** Kinds of metrics, by the field that their points are in. */
const KINDS: Readonly<Record<string, Add>> = {
  gauge: addNumber,
  sum: addNumber,
  histogram: (points, series, isDelta, point) =>
    points.addHistogram(series, isDelta, {
      ...timesOf(point),
      count: numberIn(point, 'count') ?? 0,
      sum: numberIn(point, 'sum'),
      bounds: numbersIn(point, 'explicitBounds'),
      counts: numbersIn(point, 'bucketCounts'),
    }),
  exponentialHistogram: (points, series, isDelta, point) =>
    points.addExponential(series, isDelta, {
      ...timesOf(point),
      count: numberIn(point, 'count') ?? 0,
      sum: numberIn(point, 'sum'),
      scale: numberIn(point, 'scale') ?? 0,
      zeroThreshold: numberIn(point, 'zeroThreshold') ?? 0,
      zeroCount: numberIn(point, 'zeroCount') ?? 0,
      positive: bucketsIn(point, 'positive'),
      negative: bucketsIn(point, 'negative'),
    }),
  summary: (points, series, _isDelta, point) =>
    points.addSummary(series, {
      ...timesOf(point),
      count: numberIn(point, 'count') ?? 0,
      sum: numberIn(point, 'sum') ?? 0,
      quantiles: messagesIn(point, 'quantileValues').map((each) => [
        numberIn(each, 'quantile') ?? 0,
        numberIn(each, 'value') ?? 0,
      ]),
    }),
};

function dataOf(metric: Message): { data: Message; add: Add; isSum: boolean } | null {
  for (const [field, add] of Object.entries(KINDS))
    if (metric[field] !== undefined && metric[field] !== null)
      return { data: messageOf(metric[field], field), add, isSum: field === 'sum' };
  return null;
}

function bucketsIn(point: Message, name: string): ExponentialBuckets {
  const buckets = messageOf(point[name] ?? {}, name);
  return { offset: numberIn(buckets, 'offset') ?? 0, counts: numbersIn(buckets, 'bucketCounts') };
}

function timesOf(point: Message): Point {
  return {
    start: nanosecondsIn(point, 'startTimeUnixNano'),
    time: nanosecondsIn(point, 'timeUnixNano'),
    flags: numberIn(point, 'flags') ?? 0,
  };
}

function* attributesIn(message: Message): Generator<[string, string]> {
  for (const pair of messagesIn(message, 'attributes')) {
    const [name, value] = pairOf(pair);
    yield [name, valueText(value)];
  }
}

/** An `AnyValue`; how deep lists are in lists is bounded with the body. */
function anyValueOf(value: Message): Value {
  if (value.arrayValue) return itemsIn(value.arrayValue).map(anyValueOf);
  if (value.kvlistValue) return Object.fromEntries(itemsIn(value.kvlistValue).map(pairOf));
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value;
  const scalar = stringValue ?? boolValue ?? intValue ?? doubleValue ?? bytesValue ?? null;
  return typeof scalar === 'object' ? null : (scalar as string | number | boolean);
}

function pairOf(pair: Message): [string, Value] {
  return [textIn(pair, 'key'), anyValueOf(messageOf(pair.value ?? {}, 'value'))];
}

function itemsIn(list: unknown): Message[] {
  return messagesIn(messageOf(list, 'value'), 'values');
}
