import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { TargetsAnswer } from '@/lib/model/wire/operate';
import { Exporter } from '../support/exporter';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { askHistory } from '../support/viewer';

let folder: string;
let database: TestDatabase;
const nodes: ServerProcess[] = [];
const exporters: Exporter[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrape-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  await Promise.all(exporters.splice(0).map((exporter) => exporter.close()));
  await database.drop();
});

async function openExporters(count: number): Promise<Exporter[]> {
  for (let i = 0; i < count; i++) exporters.push(await new Exporter().open());
  return exporters;
}

/** Replaces the file as editors do: never half written. */
async function write(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${path}.new`, path);
  return path;
}

const everySecond = (more: object) => ({
  global: { scrape_interval: '1s' },
  scrape_configs: [{ job_name: 'test', ...more }],
});

async function startNode(config: unknown): Promise<ServerProcess> {
  const path = await write('scrape.yml', config);
  nodes.push(await startBareNode({ DATABASE_URL: database.url, SCRAPE_CONFIG: path }));
  return nodes[nodes.length - 1];
}

async function targetsOf({ url }: ServerProcess) {
  const { targets } = TargetsAnswer.parse(await (await fetch(`${url}/api/targets`)).json());
  return new Map(targets.map((target) => [target.labels.instance, target]));
}

/** Epoch ms and value of each stored sample of an instance. */
async function stored({ url }: ServerProcess, metric: string, { address }: Exporter) {
  const match = `{instance="${address}"}`;
  const { series } = await askHistory(url, { metric, match, step: 'raw', start: 'now-10m', end: 'now' });
  return (series[0]?.points ?? []) as Array<[number, number]>;
}

test('what a target answers is stored, once an interval, and that it is up', async () => {
  const [exporter] = await openExporters(1);
  const node = await startNode(everySecond({ static_configs: [{ targets: [exporter.address] }] }));
  await until(() => expect(exporter.scrapes.length).toBeGreaterThanOrEqual(4));
  const known = exporter.scrapes.slice(0, 4).map(({ value }) => value);
  await until(async () =>
    expect((await stored(node, 'scrapes_total', exporter)).map(([, value]) => value)).toEqual(
      expect.arrayContaining(known),
    ),
  );
  const points = await stored(node, 'scrapes_total', exporter);
  // Each at the moment of its slot, or late by what the machine was busy with.
  expect(new Set(points.map(([t]) => t)).size).toBe(points.length);
  expect((await stored(node, 'up', exporter)).every(([, value]) => value === 1)).toBe(true);
  const { series } = await askHistory(node.url, { metric: 'scrapes_total', by: 'job,kind' });
  expect(series[0].labels).toEqual({ job: 'test', kind: 'test' });

  await exporter.close();
  await until(async () => {
    expect((await targetsOf(node)).get(exporter.address)).toMatchObject({
      health: 'down',
      error: /ECONNREFUSED/,
    });
    expect((await stored(node, 'up', exporter)).at(-1)?.[1]).toBe(0);
  });
});

test('targets and configuration are followed; a wrong one changes nothing', async () => {
  const [first, second, third] = await openExporters(3);
  await write('targets.json', [{ targets: [first.address] }]);
  const config = everySecond({ file_sd_configs: [{ files: ['targets.*'], refresh_interval: '1s' }] });
  const node = await startNode(config);
  await until(async () => expect([...(await targetsOf(node)).keys()]).toEqual([first.address]));
  await write('targets.json', [{ targets: [first.address, second.address], labels: { zone: 'eu' } }]);
  await until(async () =>
    expect((await targetsOf(node)).get(second.address)).toMatchObject({
      health: 'up',
      labels: { zone: 'eu' },
    }),
  );
  await write('targets.json', '[{ "targets": [');
  await write('scrape.yml', 'scrape_configs: [{ job_name: test, nonsense: 1 }]');
  await until(() => expect(node.output()).toContain('what it said before holds'));
  const { length } = second.scrapes;
  await until(() => expect(second.scrapes.length).toBeGreaterThan(length + 2));

  await write('scrape.yml', everySecond({ static_configs: [{ targets: [third.address] }] }));
  await until(() => expect(third.scrapes.length).toBeGreaterThan(2));
  expect([...(await targetsOf(node)).keys()]).toEqual([third.address]);
});

test('a configuration that cannot be read stops the start, and says what is wrong', async () => {
  const path = await write('wrong.yml', 'scrape_configs: [{ job_name: a, kubernetes_sd_configs: [] }]');
  await expect(startBareNode({ DATABASE_URL: database.url, SCRAPE_CONFIG: path })).rejects.toThrow(
    /SCRAPE_CONFIG[\s\S]*kubernetes_sd_configs/,
  );
});

const HOSTILE: Record<string, [answer: (response: ServerResponse) => void, error: RegExp]> = {
  'never answers': [() => {}, /no answer within 1 s/],
  'sends its body for ever': [
    (response) => {
      response.write('a 1\n');
      const timer = setInterval(() => response.write('a'), 50);
      response.once('close', () => clearInterval(timer));
    },
    /no answer within 1 s/,
  ],
  'sends more than it may': [(response) => response.end('a 1\n'.repeat(300_000)), /more than 1048576 bytes/],
  'sends a bomb': [
    (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('a 1\n'.repeat(10_000_000))),
    /more than 1048576 bytes/,
  ],
  'sends no gzip': [
    (response) => response.setHeader('content-encoding', 'gzip').end('a 1'),
    /incorrect header check/,
  ],
  'has too many samples': [
    (response) => response.end('a{b="1"} 1\na{b="2"} 1\na{b="3"} 1\n'),
    /more than 2 samples/,
  ],
  'is in trouble': [(response) => response.writeHead(500).end('a 1'), /the answer was 500/],
  'sends elsewhere': [(response) => response.writeHead(302, { location: '/' }).end(), /the answer was 302/],
  'is a web page': [(response) => response.end('<html>'), /line 1/],
  'is cut off': [
    (response) =>
      response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0').end('a 1\n'),
    /cut off/,
  ],
  'breaks the connection': [(response) => response.destroy(), /other side closed/],
};

test('a target that misbehaves is down, says why, and hinders no other', async () => {
  const [good, ...bad] = await openExporters(1 + Object.keys(HOSTILE).length);
  for (const [i, [answer]] of Object.values(HOSTILE).entries())
    bad[i].answer = (_, response) => answer(response);
  const targets = [good, ...bad].map(({ address }) => address);
  const node = await startNode(
    everySecond({ body_size_limit: '1MiB', sample_limit: 2, static_configs: [{ targets }] }),
  );
  // Each at some time: on a busy machine one may also be too late for once.
  const untilSeen = (exporter: Exporter, as: object) =>
    until(async () => expect((await targetsOf(node)).get(exporter.address)).toMatchObject(as));
  await Promise.all([
    ...Object.values(HOSTILE).map(([, error], i) =>
      untilSeen(bad[i], { health: 'down', samples: 0, error: expect.stringMatching(error) }),
    ),
    untilSeen(good, { health: 'up', samples: 1, error: null }),
  ]);
  for (const exporter of bad) expect((await stored(node, 'up', exporter)).at(-1)?.[1]).toBe(0);
});

test('values that are no numbers are gaps, what cannot be stored is counted, and the rest is stored', async () => {
  const [exporter] = await openExporters(1);
  exporter.answer = (_, response) =>
    response.end(`fine 1\nnot_a_number NaN\nendless +Inf\ntoo_long{a="${'x'.repeat(300)}"} 1\nold 1 1000\n`);
  const node = await startNode(everySecond({ static_configs: [{ targets: [exporter.address] }] }));
  await until(async () => expect((await stored(node, 'fine', exporter)).length).toBeGreaterThan(1));
  for (const metric of ['not_a_number', 'endless', 'too_long', 'old'])
    expect((await fetch(`${node.url}/api/metrics/${metric}`)).status).toBe(404);
  const figures = await (await fetch(`${node.url}/api/prometheus`)).text();
  expect(figures).toMatch(/pulseboard_scraped_samples_total\{result="rejected"\} [1-9]/);
});

test('several nodes share the targets; when one is killed, the others take over, and no sample is there twice', async () => {
  const targets = await openExporters(12);
  const config = everySecond({ static_configs: [{ targets: targets.map(({ address }) => address) }] });
  const first = await startNode(config);
  const second = await startNode(config);
  const healthOn = async (node: ServerProcess) =>
    [...(await targetsOf(node)).values()].map(({ health }) => health === 'up');
  await until(async () => {
    const [one, other] = [await healthOn(first), await healthOn(second)];
    expect(one.map((isUp, i) => isUp !== other[i])).toEqual(targets.map(() => true));
  });
  const counted = targets.map(({ scrapes }) => scrapes.length);
  first.signal('SIGKILL');
  await first.exited;
  await until(() => {
    for (const [i, { scrapes }] of targets.entries()) expect(scrapes.length).toBeGreaterThan(counted[i] + 3);
  });
  await until(async () => expect(await healthOn(second)).toEqual(targets.map(() => true)));
  for (const exporter of targets) {
    const slots = (await stored(second, 'up', exporter)).map(([t]) => t);
    // Late samples may come close to the next ones; those of two nodes for one moment are the same.
    for (let i = 1; i < slots.length; i++) expect(slots[i] - slots[i - 1]).toBeGreaterThan(100);
  }
});
