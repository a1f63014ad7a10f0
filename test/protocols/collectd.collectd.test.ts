import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ended, endWithUs, until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSeries } from '../support/stored-samples';

interface ValueList {
  values: number[];
  dsnames: string[];
  time: number;
  plugin: string;
  type_instance: string;
}

let database: TestDatabase;
let server: ServerProcess;
let folder: string;
/** Is sent the same as the server, and says what that was. */
let witness: Server;
const sent: ValueList[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const keys = { INGEST_KEYS: 'collectd:secret', DASHBOARD_PASSWORD: 'open sesame' };
  server = await startBareNode({ DATABASE_URL: database.url, ...keys });
  folder = mkdtempSync(join(tmpdir(), 'pulseboard-collectd-'));
  witness = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    sent.push(...JSON.parse(body));
    response.end();
  });
  await once(witness.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  witness?.close();
  await server?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const node = (name: string, url: string, key: string) => `
  <Node "${name}">
    URL "${url}"
    Format "JSON"
    StoreRates false
    BufferSize 4096
    LogHttpError true
    Header "Authorization: Bearer ${key}"
  </Node>`;

/** Runs it until it has measured several times; resolves with what it has printed. */
async function runCollectd(key: string): Promise<string> {
  const { port } = witness.address() as { port: number };
  const config = join(folder, 'collectd.conf');
  writeFileSync(
    config,
    `Hostname "web-1"
FQDNLookup false
Interval 0.2
BaseDir "${folder}"
PIDFile "${folder}/pid"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin cpu
LoadPlugin load
LoadPlugin memory
LoadPlugin write_http
<Plugin write_http>${node('pulseboard', `${server.url}/api/collectd`, key)}${node('witness', `http://127.0.0.1:${port}/`, '')}
</Plugin>
`,
  );
  const from = sent.length;
  const collectd = spawn('collectd', ['-f', '-C', config]);
  endWithUs(collectd);
  let output = '';
  for (const stream of [collectd.stdout, collectd.stderr]) stream.on('data', (text) => (output += text));
  const loads = () => sent.slice(from).filter(({ plugin }) => plugin === 'load').length;
  await until(() => expect(loads()).toBeGreaterThan(3));
  collectd.kill('SIGTERM');
  await ended(collectd);
  return output;
}

test('what it sends is stored', async () => {
  expect(await runCollectd('secret')).not.toContain('HTTP Error');
  const expected = (plugin: string, dsname: string, instance?: string) =>
    sent
      .filter((list) => list.plugin === plugin && (instance === undefined || list.type_instance === instance))
      .map(({ time, values, dsnames }) => [Math.round(time * 1_000), values[dsnames.indexOf(dsname)]])
      .sort(([a], [b]) => a - b);
  for (const term of ['shortterm', 'midterm', 'longterm'])
    expect(await storedSeries(database.url, `collectd_load_${term}`)).toEqual([
      { labels: { host: 'web-1' }, samples: expected('load', term) },
    ]);
  const memory = await storedSeries(database.url, 'collectd_memory');
  expect(memory.length).toBeGreaterThan(3);
  for (const { labels, samples } of memory)
    expect(samples, labels.memory).toEqual(expected('memory', 'value', labels.memory));
  const cpu = await storedSeries(database.url, 'collectd_cpu_total');
  const ofCpu = sent.filter(({ plugin }) => plugin === 'cpu');
  expect(cpu.reduce((count, { samples }) => count + samples.length, 0)).toBe(ofCpu.length);
  expect(cpu.flatMap(({ samples }) => samples.map(([, value]) => value)).sort()).toEqual(
    ofCpu.map(({ values }) => values[0]).sort(),
  );
});

test('what is refused is in its log', async () => {
  expect(await runCollectd('wrong')).toContain('HTTP Error code: 403');
});
