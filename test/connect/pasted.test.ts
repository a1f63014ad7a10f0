import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readScrapeConfig } from '@/lib/write/scrape/config';
import { openPasteScene, type PasteScene, runInNode, typeInShell } from '../support/pasted';
import { ended, endWithUs } from '../support/processes';
import { storedSeries } from '../support/stored-samples';

let scene: PasteScene;
let folder: string;
beforeAll(async () => {
  scene = await openPasteScene();
  folder = mkdtempSync(join(tmpdir(), 'pulseboard-pasted-'));
});
afterAll(async () => {
  await scene?.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['json', 'A sample', 1],
  ['json', 'Many samples', 3],
  ['influx', 'A line, as to version 3', 1],
  ['pushgateway', 'A shell', 1],
  ['events', 'An event', 1],
] as const)('curl sends what is pasted: %s, %s', async (protocol, title, samples) => {
  await typeInShell(scene.config(protocol, title));
  expect(await scene.heard.samplesOf('curl', protocol, samples)).toBe(samples);
});

test.each([
  ['json', 'The agent'],
  ['websocket', 'The agent'],
] as const)("Pulseboard's agent sends, and names itself: %s", async (protocol, title) => {
  const agent = spawn('bash', ['-c', `${scene.config(protocol, title)} --interval 200ms`], {
    detached: true,
  });
  endWithUs(agent);
  await scene.heard.samplesOf('pulseboard-agent', protocol, 10);
  process.kill(-agent.pid!, 'SIGTERM');
  await ended(agent);
});

test('the shop of the events is played', async () => {
  const shop = spawn('bash', ['-c', scene.config('events', 'A shop')], { detached: true });
  endWithUs(shop);
  await scene.heard.samplesOf('pulseboard-agent', 'events', 10);
  process.kill(-shop.pid!, 'SIGTERM');
  await ended(shop);
});

test('ws sends what is pasted, and is answered', async () => {
  const text = scene.config('websocket', 'Node.js');
  const output = await runInNode(`${text}\nsocket.on('message', () => socket.close());`);
  expect(JSON.parse(output)).toMatchObject({ ack: 1, accepted: 1 });
  // The library does not name itself.
  await scene.heard.samplesOf('', 'websocket');
});

test('prom-client pushes what is pasted', async () => {
  const measured =
    "import { Counter } from 'prom-client';\nnew Counter({ name: 'pasted_total', help: 'x' }).inc(3);\n";
  await runInNode(measured + scene.config('pushgateway', 'Node.js'));
  const [{ labels, samples }] = await storedSeries(scene.database.url, 'pasted_total');
  expect([labels, samples[0][1]]).toEqual([{ job: 'backup', instance: 'db-1' }, 3]);
});

test('hot-shots sends what is pasted', async () => {
  await runInNode(`${scene.config('statsd', 'Node.js')}\nstatsd.close();`);
  await scene.heard.samplesOf('', 'statsd');
  const [{ labels }] = await storedSeries(scene.database.url, 'shop.orders');
  expect(labels).toMatchObject({ env: 'prod', country: 'se' });
});

test("OpenTelemetry's library has what it needs in the environment that is pasted", async () => {
  const program = `import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
const provider = new MeterProvider({ readers: [reader] });
provider.getMeter('pasted').createCounter('pasted.otlp').add(7);
await provider.shutdown();`;
  const node = `${process.execPath} --input-type=module - <<'PROGRAM'\n${program}\nPROGRAM`;
  await typeInShell(`${scene.config('otlp', 'The environment')}\n${node}`);
  await scene.heard.samplesOf('OTel-OTLP-Exporter-JavaScript', 'otlp');
  expect((await storedSeries(scene.database.url, 'pasted.otlp'))[0].samples[0][1]).toBe(7);
});

test('the scraper reads what is pasted', async () => {
  const file = join(folder, 'scrape.yml');
  writeFileSync(file, scene.config('scrape', 'scrape.yml'));
  const [job] = await readScrapeConfig(file);
  expect(job).toMatchObject({ job_name: 'node', intervalMs: 1_000 });
});

test('refusals are told with their reasons, and the newest of each', async () => {
  const { server, heard } = scene;
  const post = (path: string, headers: Record<string, string>, body = '{}') =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'user-agent': 'Newcomer/1', ...headers },
      body,
    });
  const newest = async (protocol: string) => {
    await heard.samplesOf('Newcomer', protocol, 0);
    return heard.newest?.clients.find((each) => each.protocol === protocol && each.product === 'Newcomer');
  };
  const key = { authorization: `Bearer ${scene.place.key}` };
  expect((await post('/api/v1/write', {})).status).toBe(401);
  expect(await newest('prometheus')).toMatchObject({
    samples: 0,
    refusal: { status: 401, code: 'unauthorized' },
  });
  expect((await post('/v1/metrics', { ...key, 'content-type': 'text/plain' })).status).toBe(415);
  expect(await newest('otlp')).toMatchObject({
    refusal: {
      status: 415,
      code: 'unsupported_content_type',
      message: expect.stringContaining('Content-Type'),
    },
  });
  expect((await post('/api/collectd', { ...key, 'content-type': 'application/json' })).status).toBe(400);
  expect(await newest('collectd')).toMatchObject({ refusal: { status: 400 } });
  const some = JSON.stringify([
    { name: 'good', value: 1 },
    { name: 'bad name', value: 1 },
  ]);
  expect((await post('/api/metrics', { ...key, 'content-type': 'application/json' }, some)).status).toBe(200);
  expect(await newest('json')).toMatchObject({
    samples: 1,
    refused: 1,
    refusal: { status: null, code: 'bad_name', message: expect.stringMatching(/^1 of 2 were rejected/) },
  });
});
