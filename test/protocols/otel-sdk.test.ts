import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { expectedOf } from '../support/otel-expected';
import { until } from '../support/processes';
import { type StoredSeries, storedSeries } from '../support/stored-samples';
import { useNode } from '../support/use-node';

const node = useNode({ INGEST_KEYS: 'otel:secret', DASHBOARD_PASSWORD: 'x' });

let names = 0;

/** A program that measures itself, whose exporter also says what it was given. */
function startProgram(
  Exporter: typeof JsonExporter | typeof ProtobufExporter,
  temporality: AggregationTemporality,
) {
  const prefix = `otel${names++}`;
  const exporter: PushMetricExporter = new Exporter({
    url: `${node.url}/v1/metrics`,
    headers: { authorization: 'Bearer secret' },
    compression: 'gzip' as never,
    temporalityPreference: temporality,
    timeoutMillis: 60_000,
  });
  const exported: ResourceMetrics[] = [];
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) => {
    exported.push(
      structuredClone({
        ...metrics,
        resource: { attributes: metrics.resource.attributes },
      }) as ResourceMetrics,
    );
    send(metrics, done);
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    exportTimeoutMillis: 60_000,
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'host.name': 'web-1', 'service.name': 'shop', 'process.pid': 1 }),
    readers: [reader],
    views: [{ instrumentName: '*.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('shop-meter', '1.2.3');
  const requests = meter.createCounter(`${prefix}.requests`, { unit: '{request}' });
  const open = meter.createUpDownCounter(`${prefix}.open`);
  const latency = meter.createHistogram(`${prefix}.latency`, { unit: 's' });
  const size = meter.createHistogram(`${prefix}.size`, { unit: 'By' });
  meter
    .createObservableGauge(`${prefix}.load`)
    .addCallback((result) => result.observe(Math.sin(names) * 1e-9));
  return {
    exported,
    work(n: number) {
      requests.add(2 ** 52 + n, { 'http.route': '/ü😀', codes: ['a', 'b'] });
      requests.add(n, { ok: true });
      open.add(3 - n);
      for (const seconds of [0.001, 4.2, n]) latency.record(seconds, { route: '/' });
      for (const bytes of [1, 100, 10_000 * n]) size.record(bytes);
    },
    flush: () => reader.forceFlush(),
    end: () => provider.shutdown(),
  };
}

const inOrder = (series: StoredSeries[]) =>
  series
    .map(
      ({ labels, samples }) => `${JSON.stringify(Object.entries(labels).sort())} ${JSON.stringify(samples)}`,
    )
    .sort();

/** Of exponential histograms the buckets are another test's. */
const withoutFineBuckets = (name: string, series: StoredSeries[]) =>
  name.endsWith('.size_bucket') ? series.filter(({ labels }) => labels.le === '+Inf') : series;

async function expectStored(exported: ResourceMetrics[], isDelta: boolean): Promise<void> {
  const expected = expectedOf(exported, isDelta);
  expect(expected.size).toBe(9);
  for (const [name, series] of expected)
    expect(inOrder(withoutFineBuckets(name, await storedSeries(node.databaseUrl, name))), name).toEqual(
      inOrder(series),
    );
}

describe.each([
  ['protobuf', ProtobufExporter],
  ['JSON', JsonExporter],
])('the JavaScript library with %s', (_encoding, Exporter) => {
  test.each([
    ['cumulative', AggregationTemporality.CUMULATIVE, false],
    ['delta', AggregationTemporality.DELTA, true],
  ])('%s: what it has sent equals what is stored', async (_temporality, temporality, isDelta) => {
    const program = startProgram(Exporter, temporality);
    for (const n of [1, 2, 3]) {
      program.work(n);
      await program.flush();
    }
    program.work(4);
    await program.end();
    expect(program.exported).toHaveLength(4);
    await expectStored(program.exported, isDelta);
  });

  test('what is answered with 503 it sends again, and nothing of it is lost', async () => {
    const program = startProgram(Exporter, AggregationTemporality.CUMULATIVE);
    program.work(1);
    await program.flush();
    const refused = await refusedRequests();
    node.wire.cut();
    program.work(2);
    const flushed = program.flush();
    await until(async () => expect(await refusedRequests()).toBeGreaterThan(refused), 60_000);
    node.wire.heal();
    await flushed;
    await program.end();
    await until(() => expectStored(program.exported, false), 60_000);
  });
});

async function refusedRequests(): Promise<number> {
  const figures = await (
    await fetch(`${node.url}/metrics`, { headers: { authorization: 'Bearer secret' } })
  ).text();
  return Number(/pulseboard_ingest_requests_total\{status="503"\} (\d+)/.exec(figures)?.[1] ?? 0);
}
