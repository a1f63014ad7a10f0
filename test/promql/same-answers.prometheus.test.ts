import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress } from 'snappyjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ended, freePort, start, until } from '../support/processes';
import { encodeV1, type SentSeries } from '../support/remote-write';
import { type ServerProcess, startServer } from '../support/server-process';

/** Neither samples nor steps of subqueries lie on the edge of a window, which Prometheus 2 counts and Prometheus 3 does not. */
const SHIFT_MS = 137;
const END = Math.floor(Date.now() / 60_000) * 60 - 120;
const STEPS = 120;
const RANGE = { start: String(END - 900), end: String(END), step: '60' };

function sentSeries(): SentSeries[] {
  const made: SentSeries[] = [];
  const add = (labels: Record<string, string>, value: (i: number) => number) =>
    made.push({
      labels,
      samples: Array.from({ length: STEPS }, (_, i) => [
        (END - (STEPS - i) * 15) * 1_000 + SHIFT_MS + ((i * 7_919) % 900),
        value(i),
      ]),
    });
  for (const [n, host] of ['a', 'b', 'c'].entries()) {
    add({ __name__: 'requests_total', host, zone: n < 2 ? 'x' : 'y' }, (i) => ((i * (n + 3)) % 211) * 1.7);
    add({ __name__: 'load', host }, (i) => Math.sin(i / (n + 2)) * 10 - n);
    add({ __name__: 'capacity', host }, () => 10 * (n + 1));
    for (const [b, le] of ['0.1', '0.5', '2', '+Inf'].entries())
      add({ __name__: 'latency_bucket', host, le }, (i) => i * (b + 1) * (n + 1));
  }
  return made;
}

const OF_RANGE = ['rate', 'irate', 'increase', 'resets', 'changes', 'delta', 'idelta', 'deriv'].concat(
  ['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'stdvar', 'present'].map(
    (name) => `${name}_over_time`,
  ),
);
const OF_VALUES = [
  'abs',
  'ceil',
  'floor',
  'exp',
  'ln',
  'log2',
  'log10',
  'sqrt',
  'sgn',
  'round',
  'sort',
  'timestamp',
];
const GROUPED = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const BINARY = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '> bool',
  '<= bool',
  '==',
  '!=',
  '>',
  '<',
  'and',
  'or',
  'unless',
];

const QUERIES = [
  ...OF_RANGE.flatMap((name) =>
    ['1m', '5m', '13m'].flatMap((range) => [
      `${name}(requests_total[${range}])`,
      `${name}(load[${range}] offset 3m)`,
      `sum by (zone) (${name}(requests_total[${range}]))`,
    ]),
  ),
  ...OF_RANGE.map((name) => `${name}(load[7m10s:45s])`),
  ...OF_VALUES.map((name) => `${name}(load)`),
  ...GROUPED.flatMap((name) => [
    `${name}(load)`,
    `${name} by (zone) (requests_total)`,
    `${name} without (host) (requests_total)`,
  ]),
  ...BINARY.flatMap((operator) => [
    `load ${operator} capacity`,
    `requests_total ${operator} on(host) load`,
    `load ${operator} ignoring(zone) requests_total`,
  ]),
  ...['0', '0.5', '0.99', '1.5'].flatMap((q) => [
    `quantile(${q}, load)`,
    `quantile_over_time(${q}, load[5m])`,
    `histogram_quantile(${q}, rate(latency_bucket[5m]))`,
    `histogram_quantile(${q}, sum by (le) (rate(latency_bucket[5m])))`,
  ]),
  ...['topk', 'bottomk'].flatMap((name) => [`${name}(2, load)`, `${name} by (zone) (1, requests_total)`]),
  'predict_linear(load[5m], 600)',
  'count_values("n", capacity)',
  'requests_total / on(host) group_left load',
  'capacity * on(host) group_right(zone) requests_total',
  'absent(nothing{a="b"})',
  'absent_over_time(load{host="zz"}[5m])',
  'label_replace(load, "short", "$1!", "host", "([a-b])")',
  'label_join(requests_total, "both", "-", "host", "zone")',
  'load{host=~"a|c"} @ end()',
  'max_over_time(rate(requests_total[2m])[10m30s:1m] @ start())',
  'clamp(load, -2, 3)',
  'scalar(load{host="a"}) * load',
  'vector(time()) - 1',
  'hour(vector(time())) + day_of_week() + days_in_month()',
  '-load ^ 2',
  'load{host!="b", host!~"z.*"} > 0 or capacity',
];

let database: TestDatabase;
let server: ServerProcess;
let folder: string;
let prometheus: ReturnType<typeof start>;
let urls: { ours: string; theirs: string };

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer('server.ts', { DATABASE_URL: database.url });
  folder = mkdtempSync(join(tmpdir(), 'promql-'));
  writeFileSync(`${folder}/prometheus.yml`, '');
  const port = await freePort();
  prometheus = start('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
  ]);
  urls = { ours: server.url, theirs: `http://127.0.0.1:${port}` };
  await until(async () => expect((await fetch(`${urls.theirs}/-/ready`)).status).toBe(200), 60_000);
  for (const url of Object.values(urls)) {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    };
    const answer = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      headers,
      body: compress(encodeV1(sentSeries())),
    });
    expect(answer.status).toBe(204);
  }
});
afterAll(async () => {
  prometheus?.kill();
  if (prometheus) await ended(prometheus);
  await server?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Matrix {
  status: string;
  data: { result: Array<{ metric: Record<string, string>; values: Array<[number, string]> }> };
}

async function answerOf(url: string, query: string): Promise<Map<string, Map<number, number>>> {
  const response = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...RANGE }),
  });
  const { status, data } = (await response.json()) as Matrix;
  expect(status, query).toBe('success');
  const keyOf = (metric: Record<string, string>) => JSON.stringify(Object.entries(metric).sort());
  const numberOf = (text: string) => Number(text.replace('Inf', 'Infinity'));
  return new Map(
    data.result.map(({ metric, values }) => [
      keyOf(metric),
      new Map(values.map(([t, text]) => [t, numberOf(text)])),
    ]),
  );
}

test.each(QUERIES)('%s is what Prometheus answers', async (query) => {
  const [ours, theirs] = [await answerOf(urls.ours, query), await answerOf(urls.theirs, query)];
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [key, values] of theirs) {
    const own = ours.get(key)!;
    expect([...own.keys()]).toEqual([...values.keys()]);
    for (const [t, value] of values) {
      const found = own.get(t)!;
      const near =
        Object.is(found, value) || Math.abs(found - value) <= 1e-9 * Math.max(Math.abs(value), 1e-6);
      expect(near, `${key} at ${t}: ${found}, not ${value}`).toBe(true);
    }
  }
});
