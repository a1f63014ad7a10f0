import { describe, expect, it } from 'vitest';
import { newWork } from '@/test/support/scheduler';
import { Registry } from '../memory/catalogue/registry';
import { listMetrics, listSeries, metricListParams, seriesListParams } from './catalogue-list';
import { readParameters } from './query/parameters';

function registryOf(
  ...identities: Array<[metric: string, labels: Record<string, string>, lastSeen?: number]>
) {
  const registry = new Registry();
  const metricIds = new Map<string, number>();
  identities.forEach(([metric, labels, lastSeen = 0], i) => {
    if (!metricIds.has(metric)) metricIds.set(metric, metricIds.size + 1);
    registry.add({
      id: i + 1,
      metricId: metricIds.get(metric)!,
      metric,
      type: 'gauge',
      unit: 'percent',
      labels,
      lastSeen,
    });
  });
  return registry;
}

const metrics = async (registry: Registry, query: string) =>
  listMetrics(registry, readParameters(metricListParams, new URLSearchParams(query)), newWork());
const series = async (registry: Registry, query: string) =>
  listSeries(registry, readParameters(seriesListParams, new URLSearchParams(query)), newWork());

describe('listMetrics', () => {
  it('describes each metric', async () => {
    const registry = registryOf(
      ['cpu', { host: 'a' }, 5],
      ['cpu', { host: 'b', region: 'eu' }, 9],
      ['mem', {}],
    );
    expect(await metrics(registry, '')).toEqual({
      metrics: [
        { name: 'cpu', type: 'gauge', unit: 'percent', series: 2, labels: ['host', 'region'], lastSeen: 9 },
        { name: 'mem', type: 'gauge', unit: 'percent', series: 1, labels: [], lastSeen: null },
      ],
      next: null,
    });
  });

  it('finds names by words in any order and case', async () => {
    const registry = registryOf(['node_CPU_seconds', {}], ['cpu_load', {}], ['memory', {}]);
    expect((await metrics(registry, 'search=cpu')).metrics.map(({ name }) => name)).toEqual([
      'cpu_load',
      'node_CPU_seconds',
    ]);
    expect((await metrics(registry, 'search=SECONDS+cpu')).metrics.map(({ name }) => name)).toEqual([
      'node_CPU_seconds',
    ]);
    expect((await metrics(registry, 'search=disk')).metrics).toEqual([]);
  });

  it('pages through all, also while names are added', async () => {
    const registry = registryOf(['e', {}], ['a', {}], ['c', {}], ['b', {}], ['d', {}]);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof metrics>> = await metrics(registry, `limit=2&cursor=${cursor}`);
      seen.push(...page.metrics.map(({ name }) => name));
      cursor = page.next;
      registry.add({
        id: 100,
        metricId: 100,
        metric: 'a2',
        type: 'gauge',
        unit: '',
        labels: {},
        lastSeen: 0,
      });
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'page=2'])('refuses %s', async (query) => {
    await expect(metrics(registryOf(), query)).rejects.toMatchObject({ code: 'bad_parameter' });
  });
});

describe('listSeries', () => {
  const registry = registryOf(
    ['cpu', { host: 'a', env: 'prod' }, 5],
    ['mem', { host: 'a' }],
    ['cpu', { host: 'b' }],
    ['cpu', { host: 'c', env: 'prod' }],
  );

  it('lists the series of a metric that match', async () => {
    expect(await series(registry, 'metric=cpu&match={env="prod"}')).toEqual({
      series: [
        { metric: 'cpu', labels: { host: 'a', env: 'prod' }, lastSeen: 5 },
        { metric: 'cpu', labels: { host: 'c', env: 'prod' }, lastSeen: null },
      ],
      next: null,
    });
  });

  it('lists those of all metrics, in pages', async () => {
    const first = await series(registry, 'limit=3');
    expect(first.series.map(({ labels }) => labels.host)).toEqual(['a', 'a', 'b']);
    const second = await series(registry, `limit=3&cursor=${first.next}`);
    expect(second).toEqual({
      series: [expect.objectContaining({ labels: { host: 'c', env: 'prod' } })],
      next: null,
    });
  });

  it('does not know an unknown metric', async () => {
    await expect(series(registry, 'metric=disk')).rejects.toMatchObject({ code: 'unknown_metric' });
  });

  it.each(['match={a', 'match={a=~"("}', 'limit=-1', 'cursor=x'])('refuses %s', async (query) => {
    await expect(series(registry, query)).rejects.toMatchObject({ code: 'bad_parameter' });
  });
});
