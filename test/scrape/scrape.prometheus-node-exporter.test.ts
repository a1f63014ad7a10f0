import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TargetsAnswer } from '@/lib/model/wire/operate';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, start, until } from '../support/processes';
import { findProgram } from '../support/programs';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { askHistory } from '../support/viewer';

let folder: string;
let database: TestDatabase;
let node: ServerProcess;
let exporter: string;
let stopExporter: () => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-exporter-'));
  database = await createTestDatabase();
  exporter = `127.0.0.1:${await freePort()}`;
  const program = start(findProgram('prometheus-node-exporter')!, [`--web.listen-address=${exporter}`]);
  stopExporter = () => program.kill();
  const path = join(folder, 'scrape.yml');
  await writeFile(
    path,
    `scrape_configs: [{ job_name: node, scrape_interval: 1s, static_configs: [{ targets: ['${exporter}'] }] }]`,
  );
  node = await startBareNode({ DATABASE_URL: database.url, SCRAPE_CONFIG: path });
});
afterAll(async () => {
  await node?.stop();
  stopExporter?.();
  await database?.drop();
  await rm(folder, { recursive: true });
});

test("Prometheus' own node exporter: every line is a sample, with its labels and its type", async () => {
  await until(async () => {
    const { targets } = TargetsAnswer.parse(await (await fetch(`${node.url}/api/targets`)).json());
    expect(targets).toMatchObject([{ health: 'up', error: null }]);
    expect(targets[0].samples).toBeGreaterThan(200);
  });
  const text = await (await fetch(`http://${exporter}/metrics`)).text();
  const lines = text.split('\n').filter((line) => /^node_[^#]/.test(line) && !/ (NaN|[+-]Inf)$/.test(line));
  const names = new Set(lines.map((line) => /^\w+/.exec(line)![0]));
  for (const name of names) {
    const known = lines.filter((line) => new RegExp(`^${name}[{ ]`).test(line)).length;
    await until(async () => {
      const { series, type } = await askHistory(node.url, { metric: name, aggregate: 'count', by: LABELS });
      // Series may come and go between two scrapes, of network devices for one.
      expect(series.length, name).toBeGreaterThan(0);
      expect(series.length, name).toBeLessThanOrEqual(known + 2);
      if (text.includes(`# TYPE ${name} `))
        expect(text).toContain(`# TYPE ${name} ${type === 'gauge' ? '' : type}`);
    });
  }
  for (const name of ['node_boot_time_seconds', 'node_memory_MemTotal_bytes']) {
    const value = Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)![1]);
    const { series } = await askHistory(node.url, { metric: name, step: 'raw' });
    expect(new Set(series[0].points.map(([, stored]) => stored))).toEqual(new Set([value]));
  }
});

const LABELS = 'cpu,mode,device,mountpoint,fstype,instance';
