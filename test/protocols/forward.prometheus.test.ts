import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForwardScene, forwardFigures, type PostedSample, post } from '../support/forward-scene';
import { ended, freePort, start, until } from '../support/processes';
import { textOfSample } from '../support/write-sink';

/** Servers are started eight times. */
const CASE_MS = 300_000;

let scene: ForwardScene;
let prometheus: ChildProcess | undefined;
let port: number;
beforeEach(async () => {
  scene = new ForwardScene();
  port = await freePort();
  writeFileSync(join(scene.folder, 'prometheus.yml'), 'global: {scrape_interval: 1h}\n');
});
afterEach(async () => {
  await killPrometheus();
  await scene.end();
});

async function startPrometheus(): Promise<void> {
  prometheus = start('prometheus', [
    `--config.file=${scene.folder}/prometheus.yml`,
    `--storage.tsdb.path=${scene.folder}/prometheus`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
  ]);
  await until(async () => {
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`);
    expect(ready.status).toBe(200);
  }, 60_000);
}

async function killPrometheus(): Promise<void> {
  prometheus?.kill('SIGKILL');
  if (prometheus) await ended(prometheus);
  prometheus = undefined;
}

/** Everything that Prometheus has of the metrics whose names begin so, as texts. */
async function prometheusTexts(prefix: string): Promise<string[]> {
  const query = encodeURIComponent(`{__name__=~"${prefix}.*"}[30m]`);
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${query}`);
  const { data } = (await response.json()) as {
    data: { result: Array<{ metric: Record<string, string>; values: Array<[number, string]> }> };
  };
  return data.result.flatMap(({ metric: { __name__: name, ...labels }, values }) =>
    values.map(([seconds, value]) =>
      textOfSample({ name, labels, timestamp: Math.round(seconds * 1_000), value: Number(value) }),
    ),
  );
}

const asSent = (samples: PostedSample[]) =>
  samples.map((each) => textOfSample({ ...each, name: each.name.replace(/[./-]/g, '_') }));

test(
  'Prometheus has what was acknowledged, though it and the sender are killed, and late samples are mixed in',
  async () => {
    await startPrometheus();
    const senderPort = String(await freePort());
    const DATABASE_URL = await scene.database();
    const FORWARD_URL = `http://127.0.0.1:${port}/api/v1/write`;
    const startSender = () => scene.node('sender', { DATABASE_URL, FORWARD_URL, PORT: senderPort });
    let sender = await startSender();
    const acknowledged: PostedSample[] = [];
    const late: PostedSample[] = [];
    let stopped = false;
    const begunAt = Date.now();
    const write = async (writer: number) => {
      for (let round = 0; !stopped; round++) {
        const timestamp = Date.now();
        const samples = Array.from({ length: 40 }, (_, i) => ({
          name: `prom_load.part-${i}`,
          labels: { host: `h${writer}`, zone: 'ü' },
          timestamp,
          value: round + i / 8,
        }));
        // Prometheus takes none that is older than what it has of a series.
        const isLate = round > 20 && round % 10 === 0;
        const old = { name: 'prom_load.part-0', labels: { host: `h${writer}`, zone: 'ü' } };
        const sent = isLate ? [...samples, { ...old, timestamp: begunAt - round, value: -1 }] : samples;
        while (!(await post(sender, sent))) await new Promise((resolve) => setTimeout(resolve, 50));
        acknowledged.push(...samples);
        late.push(...sent.slice(samples.length));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const writers = Promise.all([write(0), write(1), write(2)]);
    const more = async (samples: number) => {
      const before = acknowledged.length;
      await until(() => expect(acknowledged.length).toBeGreaterThan(before + samples));
    };
    for (let round = 0; round < 3; round++) {
      await more(5_000);
      sender.signal('SIGKILL');
      await sender.exited;
      sender = await startSender();
      await more(5_000);
      await killPrometheus();
      await more(3_000);
      await startPrometheus();
    }
    stopped = true;
    await writers;
    expect(late.length).toBeGreaterThan(10);
    const expected = asSent(acknowledged).sort();
    await until(async () => {
      const found = (await prometheusTexts('prom_load')).sort();
      expect(found.length).toBe(expected.length);
      expect(found).toEqual(expected);
    }, 60_000);
    const figures = await forwardFigures(sender);
    const name = `destination="127.0.0.1:${port}/api/v1/write"`;
    for (const reason of ['full', 'damaged', 'unknown_series', 'disk'])
      expect(figures[`dropped_samples_total{${name},reason="${reason}"}`]).toBe(0);
    expect(sender.output()).toMatch(/it answered 400: out of order sample/);
  },
  CASE_MS,
);
