import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ended, freePort, start, until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { type StoredSeries, storedSeries } from '../support/stored-samples';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

const METRICS = [
  'proto_requests_total',
  'proto_latency_seconds_bucket',
  'proto_latency_seconds_sum',
  'proto_temperature',
  'up',
];

/** What is scraped: a counter that grows, a histogram, a summary that has seen nothing. */
function startTarget(): Promise<Server> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    const n = ++scrapes;
    response
      .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
      .end(
        [
          '# TYPE proto_requests_total counter',
          `proto_requests_total{path="/a b",method="GET"} ${n * 3}`,
          `proto_requests_total{path="/ü",method="POST"} ${2 ** 53 + n * 2}`,
          '# TYPE proto_latency_seconds histogram',
          `proto_latency_seconds_bucket{le="0.1"} ${n}`,
          `proto_latency_seconds_bucket{le="+Inf"} ${2 * n}`,
          `proto_latency_seconds_sum ${n * 0.3}`,
          `proto_latency_seconds_count ${2 * n}`,
          '# TYPE proto_quantile summary',
          'proto_quantile{quantile="0.5"} NaN',
          `proto_temperature ${Math.sin(n) * 1e-9}`,
          '',
        ].join('\n'),
      );
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

let database: TestDatabase;
let node: ServerProcess;
let target: Server;
let wire: TcpProxy;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  target = await startTarget();
  node = await startNode();
  wire = await startTcpProxy(Number(new URL(node.url).port));
  folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
});
afterAll(async () => {
  await wire?.close();
  await node?.stop();
  target?.close();
  await database?.drop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function startNode(): Promise<ServerProcess> {
  return startBareNode({
    DATABASE_URL: database.url,
    INGEST_KEYS: 'prometheus:secret',
    DASHBOARD_PASSWORD: 'x',
  });
}

test('what Prometheus has sent equals what it has itself, through a broken wire and the end of its target', async () => {
  const port = await freePort();
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `
global: {scrape_interval: 1s, external_labels: {agent: proto}}
scrape_configs:
  - {job_name: target, static_configs: [{targets: ['127.0.0.1:${portOf(target)}']}]}
remote_write:
  - url: http://127.0.0.1:${wire.port}/api/v1/write
    authorization: {credentials: secret}
    queue_config: {batch_send_deadline: 500ms}
    metadata_config: {send_interval: 1s}
`,
  );
  const prometheus = start('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  try {
    const count = async () => (await storedSeries(database.url, 'proto_temperature'))[0]?.samples.length ?? 0;
    await until(async () => expect(await count()).toBeGreaterThanOrEqual(3), 60_000);
    wire.cut();
    const before = await count();
    await until(
      async () =>
        expect((await ownSeries(port, 'proto_temperature'))[0].samples.length).toBeGreaterThan(before + 2),
      60_000,
    );
    wire.heal();
    target.closeAllConnections();
    await new Promise((resolve) => target.close(resolve));
    // It marks the series as ended when a scrape fails; the target itself goes on, as down.
    await until(async () => expect((await ownSeries(port, 'up'))[0].samples.at(-1)?.[1]).toBe(0), 60_000);
    for (const metric of METRICS)
      await until(async () => {
        const own = await ownSeries(port, metric);
        expect(own.length, metric).toBeGreaterThan(0);
        expect(ours(await storedSeries(database.url, metric), own)).toEqual(own);
      }, 60_000);
    expect(await storedSeries(database.url, 'proto_quantile')).toEqual([]);
  } finally {
    prometheus.kill('SIGTERM');
    await ended(prometheus);
  }
});

/** What was stored without what came after Prometheus was asked, and without the label that it adds on the way. */
function ours(stored: StoredSeries[], own: StoredSeries[]): StoredSeries[] {
  return inOrder(
    stored.map(({ labels: { agent, ...labels }, samples }) => {
      expect(agent).toBe('proto');
      const last = own.find((each) => keyOf(each) === keyOf({ labels, samples }))?.samples.at(-1)?.[0] ?? 0;
      return { labels, samples: samples.filter(([at]) => at <= last) };
    }),
  );
}

/** All samples of a metric as Prometheus holds them. */
async function ownSeries(port: number, metric: string): Promise<StoredSeries[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${metric}[10m]`);
  const { data } = (await response.json()) as {
    data: { result: Array<{ metric: Record<string, string>; values: Array<[number, string]> }> };
  };
  return inOrder(
    data.result.map(({ metric: { __name__, ...labels }, values }) => ({
      labels,
      samples: values.map(([seconds, value]) => [Math.round(seconds * 1_000), Number(value)]),
    })),
  );
}

const keyOf = ({ labels }: StoredSeries) => JSON.stringify(Object.entries(labels).sort());

function inOrder(series: StoredSeries[]): StoredSeries[] {
  return series.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
