import {
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { StoredSeries } from './stored-samples';

/** What a metric of a library should be stored as, by the name of ours: worked out from what its exporter was given. */
export type Expected = Map<string, StoredSeries[]>;

const ms = ([seconds, nanoseconds]: [number, number]) => seconds * 1_000 + Math.floor(nanoseconds / 1e6);

/** @param exported in the order of time */
export function expectedOf(exported: readonly ResourceMetrics[], isDelta: boolean): Expected {
  const series = new Map<string, { name: string } & StoredSeries>();
  const add = (name: string, labels: Record<string, string>, at: number, value: number) => {
    const sorted = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = `${name} ${JSON.stringify(sorted)}`;
    if (!series.has(key)) series.set(key, { name, labels: sorted, samples: [] });
    series.get(key)!.samples.push([at, value]);
  };
  for (const { resource, scopeMetrics } of exported) {
    const { 'host.name': host, 'service.name': service } = resource.attributes;
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) {
        const counts =
          metric.dataPointType === DataPointType.SUM
            ? metric.isMonotonic
            : metric.dataPointType !== DataPointType.GAUGE;
        for (const point of metric.dataPoints) {
          const attributes = Object.entries(point.attributes).map(([name, value]) => [
            name.replaceAll('.', '_'),
            Array.isArray(value) ? JSON.stringify(value) : String(value),
          ]);
          const labels = {
            host: String(host),
            service: String(service),
            otel_scope_name: scope.name,
            ...Object.fromEntries(attributes),
          };
          for (const [suffix, value, own] of partsOf(metric.dataPointType, point)) {
            const all = { ...labels, ...own };
            if (isDelta && counts)
              add(
                metric.descriptor.name + suffix,
                all,
                Math.min(ms(point.startTime) + 1, ms(point.endTime) - 1),
                0,
              );
            add(metric.descriptor.name + suffix, all, ms(point.endTime), value);
          }
        }
      }
    }
  }
  const expected: Expected = new Map();
  for (const { name, ...rest } of series.values()) expected.set(name, [...(expected.get(name) ?? []), rest]);
  return expected;
}

type Part = [suffix: string, value: number, labels?: { le: string }];

function partsOf(
  type: DataPointType,
  { value }: DataPoint<number | Histogram | ExponentialHistogram>,
): Part[] {
  if (typeof value === 'number') return [['', value]];
  const total: Part[] = [
    ['_count', value.count],
    ['_sum', value.sum ?? 0],
    ['_bucket', value.count, { le: '+Inf' }],
  ];
  if (type !== DataPointType.HISTOGRAM) return total;
  const { boundaries, counts } = (value as Histogram).buckets;
  const buckets = boundaries.map((bound, i): Part => {
    const atMost = counts.slice(0, i + 1).reduce((sum, count) => sum + count, 0);
    return ['_bucket', atMost, { le: String(bound) }];
  });
  return [...total, ...buckets];
}
