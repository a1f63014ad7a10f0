import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readScrapeConfig } from './config';
import { SampleReader } from './exposed-samples';
import { targetsOf } from './target';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exposed-samples-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readerOf(job: object = {}): Promise<SampleReader> {
  const path = join(folder, 'scrape.yml');
  const one = { job_name: 'j', static_configs: [{ targets: ['a:1'], labels: { zone: 'eu' } }], ...job };
  await writeFile(path, JSON.stringify({ scrape_configs: [one] }));
  const [read] = await readScrapeConfig(path);
  return new SampleReader(targetsOf(read, read.static_configs)[0]);
}

const AT = 1_795_200_000_000;
const OWN = { instance: 'a:1', job: 'j', zone: 'eu' };

it("gives samples their target's labels; those of a series that they would hide have another name", async () => {
  const text = 'up{zone="us",disk="a"} 1\n';
  const [{ name, labels, timestamp }] = (await readerOf()).read(text, 'text', AT).samples;
  expect({ name, labels, timestamp }).toEqual({
    name: 'up',
    labels: { ...OWN, exported_zone: 'us', disk: 'a' },
    timestamp: AT,
  });
  const honouring = await readerOf({ honor_labels: true });
  expect(honouring.read(text, 'text', AT).samples[0].labels).toEqual({ ...OWN, zone: 'us', disk: 'a' });
});

it('has names that can be stored, as other protocols have them', async () => {
  const reader = await readerOf();
  const [sample] = reader.read('{"http requests","client.ip"="x"} 1\n', 'text', AT).samples;
  expect(sample).toMatchObject({ name: 'http_requests', labels: { ...OWN, client_ip: 'x' } });
});

it('counts lines, series that are new since the exposition before, and leaves out what rules drop and what is no number', async () => {
  const reader = await readerOf({
    metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'go_.*', action: 'drop' }],
  });
  const counts = (text: string) => {
    const { samples, scraped, added } = reader.read(text, 'text', AT);
    return [samples.map(({ name }) => name), scraped, added];
  };
  expect(counts('a 1\ngo_b 1\nc NaN\n')).toEqual([['a'], 3, 3]);
  expect(counts('a 1\nc 2\n')).toEqual([['a', 'c'], 2, 0]);
  expect(counts('a 1\nd 1\n')).toEqual([['a', 'd'], 2, 1]);
  expect(counts('go_b 1\n')).toEqual([[], 1, 1]);
});

it("keeps a sample's own time where that is honoured", async () => {
  const text = 'a 1 1795190000000\n';
  expect((await readerOf()).read(text, 'text', AT).samples[0].timestamp).toBe(1_795_190_000_000);
  const ignoring = await readerOf({ honor_timestamps: false });
  expect(ignoring.read(text, 'text', AT).samples[0].timestamp).toBe(AT);
});
