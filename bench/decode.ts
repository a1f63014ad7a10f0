import { compress } from 'snappyjs';
import { decodeAllLines } from '../lib/write/ingest/line-protocol/decode';
import { decodeJsonExport } from '../lib/write/ingest/otlp/json';
import { decodeExport } from '../lib/write/ingest/otlp/protobuf';
import { decodeWriteRequest } from '../lib/write/ingest/remote-write/v1';
import { decodeWriteRequest2 } from '../lib/write/ingest/remote-write/v2';
import type { DecodedSamples } from '../lib/write/ingest/sample';
import { snappy } from '../lib/write/ingest/snappy';
import { CUMULATIVE, exportOf, metric, nanos, numberPoint } from '../test/support/otlp';
import { encodeV1, encodeV2, type SentSample } from '../test/support/remote-write';
import { median } from './support/median';
import { atLeast, printTable, type Row } from './support/report';

/**
 * How many samples one core decodes: bodies as real senders make them, of 1,000 samples, from the compressed bytes to
 * samples that can be admitted. The series are the same in each body and the timestamps are not, as it is all day.
 */
const SAMPLES = 1_000;
const BODIES = 20;
const ROUNDS = 9;
const ROUND_MS = 400;
const MAX_BYTES = 8 * 2 ** 20;
const AT = 1_795_200_000_000;

type Decode = (body: Buffer) => Promise<number> | number;

/** Names, labels and values like those of a node exporter. */
function seriesAt(timestamp: number) {
  return Array.from({ length: SAMPLES }, (_, i) => ({
    labels: {
      __name__: `node_network_${i % 40}_bytes_total`,
      device: `eth${i % 25}`,
      env: 'production',
      instance: `db-${Math.floor(i / 100)}.example.org:9100`,
      job: 'node-exporter',
      region: 'eu-central-1',
    },
    samples: [[timestamp, (i * 7919) % 100_003] satisfies SentSample],
  }));
}

async function measure(what: string, bodies: Buffer[], decode: Decode, goal: number): Promise<Row> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    let samples = 0;
    let ms = 0;
    for (let i = 0; ms < ROUND_MS; i++) {
      samples += await decode(bodies[i % bodies.length]);
      ms = performance.now() - startedAt;
    }
    // In the first the engine still compiles.
    if (round > 0) rates.push((samples * 1_000) / ms);
  }
  return atLeast(what, median(rates), goal, 'samples/s');
}

function count(portions: Iterable<DecodedSamples>): number {
  let samples = 0;
  for (const portion of portions) samples += portion.samples.length;
  return samples;
}

const bodiesOf = (encode: (at: number) => Uint8Array) =>
  Array.from({ length: BODIES }, (_, i) => Buffer.from(encode(AT + i * 1_000)));

const version1 = bodiesOf((at) => compress(encodeV1(seriesAt(at))));
const version2 = bodiesOf((at) => compress(encodeV2(seriesAt(at))));

const lines = bodiesOf((at) =>
  Buffer.from(
    seriesAt(at)
      .map(({ labels: { __name__, ...labels }, samples }) => {
        const tags = Object.entries(labels).map(([name, value]) => `,${name}=${value}`);
        return `${__name__}${tags.join('')} value=${samples[0][1]} ${at}000000\n`;
      })
      .join(''),
  ),
);

/** The same samples as OpenTelemetry's libraries send them: 40 counters with 25 points each, with four attributes. */
const NAMES = Array.from({ length: 40 }, (_, name) => name);
const RESOURCE = {
  'service.name': 'node-exporter',
  'host.name': 'db-1.example.org',
  'cloud.region': 'eu-central-1',
};
const pointsAt = (at: number, name: number) =>
  seriesAt(at)
    .filter((_, i) => i % 40 === name)
    .map(({ labels: { device, env, instance, job }, samples: [[, value]] }) => ({
      at,
      start: AT - 60_000,
      value,
      labels: { device, env, instance, job },
    }));
const otlp = bodiesOf((at) =>
  exportOf(
    NAMES.map((name) =>
      metric(`node.network.${name}`, 'sum', pointsAt(at, name).map(numberPoint), {
        temporality: CUMULATIVE,
        isMonotonic: true,
      }),
    ),
    { resource: RESOURCE, scope: 'bench' },
  ),
);

const jsonAttributes = (labels: Record<string, string>) =>
  Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const otlpJson = bodiesOf((at) =>
  Buffer.from(
    JSON.stringify({
      resourceMetrics: [
        {
          resource: { attributes: jsonAttributes(RESOURCE) },
          scopeMetrics: [
            {
              scope: { name: 'bench' },
              metrics: NAMES.map((name) => ({
                name: `node.network.${name}`,
                sum: {
                  aggregationTemporality: CUMULATIVE,
                  isMonotonic: true,
                  dataPoints: pointsAt(at, name).map(({ start, value, labels }) => ({
                    attributes: jsonAttributes(labels),
                    startTimeUnixNano: String(nanos(start)),
                    timeUnixNano: String(nanos(at)),
                    asDouble: value,
                  })),
                },
              })),
            },
          ],
        },
      ],
    }),
  ),
);

printTable('Decoding, one core', [
  await measure(
    'remote write 1.0, snappy and protobuf',
    version1,
    async (body) => count(decodeWriteRequest(await snappy.whole(body, MAX_BYTES))),
    1_000_000,
  ),
  await measure(
    'remote write 2.0, snappy and protobuf',
    version2,
    async (body) => count(decodeWriteRequest2(await snappy.whole(body, MAX_BYTES))),
    1_000_000,
  ),
  await measure('OTLP, protobuf', otlp, (body) => count(decodeExport(body)), 800_000),
  await measure('OTLP, JSON', otlpJson, (body) => count(decodeJsonExport(body)), 100_000),
  await measure(
    'line protocol, one field a line',
    lines,
    (body) => decodeAllLines(body, 'ns').samples.length,
    500_000,
  ),
]);
