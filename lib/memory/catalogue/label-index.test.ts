import { afterAll, expect, it } from 'vitest';
import { Dice } from '@/test/support/hostile-bodies';
import { createScheduler } from '@/test/support/scheduler';
import type { Labels } from '../../model/labels';
import { parseSelector } from '../../model/selector';
import type { Series } from '../../model/series';
import { Work } from '../../runtime/work/work';
import { simpleTest } from './matchers';
import { Registry } from './registry';

const scheduler = createScheduler();
afterAll(() => scheduler.close());

const HOSTS = 300;
const SELECTORS = [
  '{}',
  '{host="h7"}',
  '{host="none"}',
  '{host=""}',
  '{env="prod"}',
  '{env="prod",host="h7"}',
  '{env!="prod",host="h7"}',
  '{disk="sda"}',
  '{toString="x"}',
  '{__proto__="x"}',
  '{__name__="m1",host="h7"}',
];

function add(registry: Registry, metric: number, labels: Labels): void {
  const id = registry.size + 1;
  const of = { metricId: metric, metric: `m${metric}`, type: 'gauge', unit: '' } as const;
  registry.add({ id, ...of, labels, lastSeen: 0 });
}

async function select(registry: Registry, name: string, selector: string) {
  const matchers = parseSelector(selector);
  const metric = registry.knownMetric(name);
  const candidates = await registry.candidates(metric, matchers, new Work(scheduler));
  const holds = simpleTest(matchers)!;
  const ids = (series: readonly Series[]) => series.filter(holds).map(({ id }) => id);
  return { looked: candidates.length, found: ids(candidates), all: ids(metric.series) };
}

it('candidates hold every series that matches, while series are added', async () => {
  const registry = new Registry();
  const dice = new Dice(7);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < HOSTS; i++) {
      const labels: Record<string, string> = { host: `h${Math.floor(dice.next() * HOSTS)}` };
      if (dice.next() < 0.5) labels.env = dice.next() < 0.5 ? 'prod' : 'dev';
      if (dice.next() < 0.3) labels.disk = dice.next() < 0.5 ? 'sda' : 'sdb';
      add(registry, 1 + Math.floor(dice.next() * 3), labels);
    }
    for (const name of ['m1', 'm2', 'm3'])
      for (const selector of SELECTORS) {
        const { found, all } = await select(registry, name, selector);
        expect(found.sort(), `${name}${selector}`).toEqual(all.sort());
      }
  }
});

it('looks at the series of one host, not at those of all', async () => {
  const registry = new Registry();
  for (let i = 0; i < HOSTS; i++)
    for (const metric of [1, 2]) add(registry, metric, { host: `h${i}`, env: 'prod' });
  expect((await select(registry, 'm1', '{env="prod",host="h7"}')).looked).toBe(1);
  expect((await select(registry, 'm1', '{env="prod"}')).looked).toBe(HOSTS);
});

it('keeps right while more labels are asked for than it keeps, by many at a time', async () => {
  const registry = new Registry();
  const labels = (i: number) =>
    Object.fromEntries(Array.from({ length: 40 }, (_, l) => [`l${l}`, `${i % (l + 2)}`]));
  for (let i = 0; i < 2_000; i++) add(registry, 1, labels(i));
  await Promise.all(
    Array.from({ length: 120 }, async (_, i) => {
      const { found, all } = await select(registry, 'm1', `{l${i % 40}="1"}`);
      expect(found).toEqual(all);
    }),
  );
});
