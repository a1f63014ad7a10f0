import { decodeJsonExport } from '@/lib/write/ingest/otlp/json';
import { decodeExport } from '@/lib/write/ingest/otlp/protobuf';
import type { IncomingSample } from '@/lib/write/ingest/sample';
import { exportOf } from './otlp';
import { all } from './remote-write';

export const AT = 1_795_200_000_000;
export const RESOURCE = {
  'host.name': 'web-1',
  'service.name': 'shop',
  'service.instance.id': 'shop-0',
  'deployment.environment.name': 'prod',
  'telemetry.sdk.name': 'opentelemetry',
};
export const ORIGIN = {
  host: 'web-1',
  service: 'shop',
  instance: 'shop-0',
  env: 'prod',
  otel_scope_name: 'http',
};

export const read = (...metrics: Parameters<typeof exportOf>[0]) =>
  all(decodeExport(exportOf(metrics, { resource: RESOURCE, scope: 'http' })));
export const readJson = (...metrics: unknown[]) =>
  all(decodeJsonExport(Buffer.from(JSON.stringify(jsonOf(metrics)))));
export const jsonAttributes = (values: Record<string, unknown>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : value,
  }));
const jsonOf = (metrics: unknown[]) => ({
  resourceMetrics: [
    {
      resource: { attributes: jsonAttributes(RESOURCE), droppedAttributesCount: 0 },
      scopeMetrics: [{ scope: { name: 'http', version: '1' }, metrics }],
    },
  ],
});

export const brief = ({ index, name, labels, timestamp, value }: IncomingSample) => [
  index,
  name,
  Object.fromEntries(Object.entries(labels).filter(([label]) => !Object.hasOwn(ORIGIN, label))),
  timestamp,
  value,
];
