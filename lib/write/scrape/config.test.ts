import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readScrapeConfig } from './config';
import { targetsOf } from './target';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scrape-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readText(text: string) {
  await writeFile(join(folder, 'scrape.yml'), text);
  return readScrapeConfig(join(folder, 'scrape.yml'));
}

it('takes what Prometheus takes', async () => {
  await writeFile(join(folder, 'token'), 'secret\n');
  const [job] = await readText(`
global: { scrape_interval: 1m30s, evaluation_interval: 15s, external_labels: { site: a } }
scrape_configs:
  - job_name: node
    scrape_interval: 5s
    authorization: { credentials_file: token }
    params: { collect: [cpu, meminfo] }
    static_configs:
      - targets: ['web-1:9100', 'web-2:9100', '[::1]:9100', 'old:9100']
        labels: { zone: eu, port: 9100 }
    relabel_configs:
      - { source_labels: [__address__], regex: 'old:.*', action: drop }
      - { source_labels: [__address__], regex: '(.*):\\d+', target_label: host }
`);
  expect(job).toMatchObject({ intervalMs: 5_000, timeoutMs: 5_000, credentials: 'Bearer secret' });
  expect(targetsOf(job, job.static_configs).map(({ url, labels }) => ({ url, labels }))).toEqual(
    ['web-1', 'web-2', '[::1]'].map((host) => ({
      url: `http://${host}:9100/metrics?collect=cpu&collect=meminfo`,
      labels: { instance: `${host}:9100`, job: 'node', zone: 'eu', port: '9100', host },
    })),
  );
});

it('lets rules choose the address, and where it is asked', async () => {
  const [job] = await readText(`
scrape_configs:
  - job_name: probe
    metrics_path: /probe
    static_configs: [{ targets: ['example.com'] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '127.0.0.1:9115' }
`);
  expect(targetsOf(job, job.static_configs)).toMatchObject([
    {
      url: 'http://127.0.0.1:9115/probe?target=example.com',
      labels: { instance: 'example.com', job: 'probe' },
    },
  ]);
});

it('scrapes a target that is named twice once, at moments of its own', async () => {
  const [job] = await readText(`
scrape_configs:
  - { job_name: a, scrape_interval: 1s, static_configs: [{ targets: ['a:1', 'a:1'] }, { targets: ['a:1', 'b:1'] }] }
`);
  const targets = targetsOf(job, job.static_configs);
  expect(targets.map(({ url }) => url)).toEqual(['http://a:1/metrics', 'http://b:1/metrics']);
  for (const { offsetMs } of targets) expect(offsetMs).toBeLessThan(1_000);
  expect(targets[0].offsetMs).not.toBe(targets[1].offsetMs);
});

it.each([
  ['scrape_configs: [{ job_name: a, kubernetes_sd_configs: [] }]', 'kubernetes_sd_configs'],
  [
    'scrape_configs: [{ job_name: a, scrape_interval: soon }]',
    'scrape_configs.0.scrape_interval: a duration',
  ],
  ['scrape_configs: [{ job_name: a }, { job_name: a }]', 'two jobs are called a'],
  ['scrape_configs: [{ job_name: a, static_configs: [{ targets: ["http://a:1"] }] }]', 'host:port'],
  ['scrape_configs: [{ job_name: a, dns_sd_configs: [{ names: [x], type: A }] }]', 'port'],
  ['scrape_configs: [', 'Flow sequence'],
])('%j is refused, and says where', async (text, message) => {
  await expect(readText(text)).rejects.toThrow(message);
});
