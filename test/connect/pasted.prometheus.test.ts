import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPasteScene } from '../support/pasted';
import { ended, freePort, start } from '../support/processes';

test('Prometheus sends with what is pasted, and is named with its version', async () => {
  const scene = await openPasteScene();
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-pasted-'));
  const target = createServer((_, response) => response.end('pasted_metric 1\n'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const scraped = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: target, static_configs: [{ targets: ['${scraped}'] }] }
${scene.config('prometheus', 'prometheus.yml')}
`,
  );
  const prometheus = start('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${await freePort()}`,
  ]);
  try {
    await scene.heard.samplesOf('Prometheus', 'prometheus', 12);
    const client = scene.heard.newest?.clients.find(({ protocol }) => protocol === 'prometheus');
    expect(client).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), refused: 0 });
  } finally {
    prometheus.kill('SIGTERM');
    await ended(prometheus);
    target.close();
    await scene.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
