import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND } from '../lib/model/time/duration';
import { createFigures } from '../lib/observe/figures';
import { Clients } from '../lib/write/clients/clients';
import { Scraping } from '../lib/write/scrape/scraping';
import { usageOf } from './support/processes';
import { atLeast, printTable, whole } from './support/report';

/**
 * What scraping costs before samples are stored: targets that are asked every second, each with an address and a
 * connection of its own, in a process of their own.
 */
const TARGETS = 5_000;
const SAMPLES_A_TARGET = 50;
const WARM_UP_MS = 10 * SECOND;
const RUN_MS = 20 * SECOND;
const GOAL = { cores: 1, share: 0.99 };

async function main(): Promise<void> {
  const targets = fork(process.argv[1], ['targets']);
  const [port] = (await once(targets, 'message')) as [number];
  const folder = await mkdtemp(join(tmpdir(), 'bench-scrape-'));
  const path = join(folder, 'scrape.yml');
  // Every address of 127.0.0.0/8 is this machine.
  const addresses = Array.from({ length: TARGETS }, (_, i) => `127.1.${i >> 8}.${i & 255}:${port}`);
  const jobs = [{ job_name: 'bench', scrape_interval: '1s', static_configs: [{ targets: addresses }] }];
  await writeFile(path, JSON.stringify({ scrape_configs: jobs }));

  const figures = createFigures();
  let samples = 0;
  const pipeline = {
    async write(decoded: { samples: unknown[] }) {
      samples += decoded.samples.length;
      return { accepted: decoded.samples.length, duplicates: 0, rejected: 0, errors: [] };
    },
  };
  const scraping = await Scraping.start({ path, pipeline, figures, clients: new Clients(), nodes: null });
  console.log(`${whole(TARGETS)} targets, warming up …`);
  await sleep(WARM_UP_MS);
  const before = { ...usageOf(process.pid), samples, up: figures.scrapes.get('up') };
  console.log(`${RUN_MS / SECOND} s …`);
  await sleep(RUN_MS);
  const { cpuSeconds, rssBytes } = usageOf(process.pid);
  const seconds = RUN_MS / SECOND;
  const rows = [
    atLeast('scrapes/s', (figures.scrapes.get('up') - before.up) / seconds, TARGETS * GOAL.share, '/s'),
    { what: 'samples/s', value: whole((samples - before.samples) / seconds) },
    {
      what: 'cores',
      value: ((cpuSeconds - before.cpuSeconds) / seconds).toFixed(2),
      goal: '< 1',
      isMet: (cpuSeconds - before.cpuSeconds) / seconds < GOAL.cores,
    },
    {
      what: 'targets that were down / scrapes missed',
      value: `${figures.scrapes.get('down')} / ${figures.scrapes.get('missed')}`,
    },
    { what: 'memory', value: `${whole(rssBytes / 2 ** 20)} MiB` },
  ];
  await scraping.close();
  targets.kill();
  await rm(folder, { recursive: true });
  printTable(`Scraping, ${whole(TARGETS)} targets of ${SAMPLES_A_TARGET} samples every second`, rows);
}

async function serveTargets(): Promise<void> {
  let scrapes = 0;
  const server = createServer((_, response) => {
    scrapes++;
    let text = '';
    for (let i = 0; i < SAMPLES_A_TARGET; i++) {
      if (i % 5 === 0) text += `# HELP bench_metric_${i} A family.\n# TYPE bench_metric_${i} gauge\n`;
      text += `bench_metric_${i - (i % 5)}{device="disk${i % 5}",mode="read"} ${scrapes + i / 8}\n`;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(text);
  });
  server.keepAliveTimeout = 60 * SECOND;
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', 10_000, resolve));
  process.send?.((server.address() as AddressInfo).port);
}

if (process.argv[2] === 'targets') await serveTargets();
else await main();
