import { describe, expect, test } from 'vitest';
import type { MetricType } from '../series';
import type { HostMetric } from './answers';
import {
  commonPanels,
  type FleetFacts,
  fleetPanels,
  hostPanel,
  mainPanels,
  partsOf,
  rangeSince,
} from './panels';
import { inSections } from './sections';

const RANGE = { start: 'now-1h', end: 'now' };

function metric(name: string, parts: Record<string, number> = {}, type: MetricType = 'gauge'): HostMetric {
  const dimensions = Object.entries(parts).map(([label, values]) => ({ label, values }));
  const series = dimensions.reduce((product, { values }) => product * values, 1);
  return { name, type, unit: '', series, dimensions, lastSeen: 0 };
}

function facts(given: Partial<FleetFacts>): FleetFacts {
  const counts = { reporting: 20, late: 0, gone: 0 };
  return { counts, headlines: [], intervalMs: null, by: null, busiest: [], ...given };
}

describe('charts of the fleet', () => {
  const known = (name: string) =>
    ({ cpu_usage_percent: metric(name), network_receive_bytes_total: metric(name, {}, 'counter') })[name];

  test('are one per headline there is, after the hosts that lead in the first', () => {
    const panels = fleetPanels(known, facts({ headlines: ['cpu', 'received'], by: 'cpu' }), RANGE);
    expect(
      panels.map(({ key, query: { metric: name, aggregate, by, top } }) => [key, name, aggregate, by, top]),
    ).toEqual([
      ['cpu', 'cpu_usage_percent', 'avg,min,max', undefined, undefined],
      ['leaders', 'cpu_usage_percent', 'avg', 'host', '5'],
      ['received', 'network_receive_bytes_total', 'rate', undefined, undefined],
    ]);
    expect(fleetPanels(known, facts({}), RANGE)).toEqual([]);
  });
});

test('in a large fleet the leaders are those of the moment, and the title says so', () => {
  const known = (name: string) => (name === 'cpu_usage_percent' ? metric(name) : undefined);
  const busiest = ['web-1', 'web-2'].map((name) => ({ name })) as FleetFacts['busiest'];
  const counts = { reporting: 9_000, late: 0, gone: 1_000 };
  const [, leaders] = fleetPanels(known, facts({ headlines: ['cpu'], by: 'cpu', counts, busiest }), RANGE);
  expect(leaders.query).toMatchObject({ by: 'host', match: '{host=~"web-1|web-2"}' });
  expect(leaders.query.top).toBeUndefined();
  expect(leaders.title).toBe('CPU, the 5 highest hosts when opened');
});

test.each([
  [null, undefined],
  [1_000, undefined],
  [5_010, '10s'],
  [10_000, '30s'],
  [60_000, '2m'],
])('in a fleet that posts every %s ms a point of all hosts is %s wide', (intervalMs, step) => {
  const known = (name: string) => (name === 'cpu_usage_percent' ? metric(name) : undefined);
  expect(fleetPanels(known, facts({ headlines: ['cpu'], intervalMs }), RANGE)[0].query.step).toBe(step);
});

test('a fleet without any headline shows what most of it has', () => {
  const metrics = [
    { name: 'rare', series: 1 },
    { name: 'queue_depth', series: 300 },
  ].map(({ name, series }) => ({ name, type: 'gauge' as const, unit: '', series: new Array(series) }));
  expect(commonPanels(metrics, RANGE).map(({ key }) => key)).toEqual(['queue_depth', 'rare']);
});

test('a young machine is shown by as much time as it has', () => {
  const now = 1_795_200_000_000;
  expect(rangeSince(null, now).start).toBe('now-15m');
  expect(rangeSince(now - 30_000, now).start).toBe('now-5m');
  expect(rangeSince(now - 600_000, now).start).toBe('now-15m');
});

describe('a chart of a host', () => {
  test('asks for that host alone, however it is called', () => {
    const { query, href } = hostPanel('a"b', metric('load1'), RANGE, true);
    expect(query.match).toBe('{host="a\\"b"}');
    expect(new URLSearchParams(href.split('?')[1]).get('match')).toBe(query.match);
  });

  test('shows parts apart while they are few, the highest of many', () => {
    expect(partsOf(metric('temperature_celsius', { chip: 2, sensor: 3 }))).toBe('chip,sensor');
    expect(partsOf(metric('cpu_core_usage_percent', { core: 64 }))).toBe('core');
    expect(partsOf(metric('io', { device: 4, mode: 16 }))).toBe('device');
    expect(hostPanel('a', metric('cpu_core_usage_percent', { core: 64 }), RANGE, true).query).toMatchObject({
      by: 'core',
      top: '8',
    });
    expect(hostPanel('a', metric('cpu_core_usage_percent', { core: 64 }), RANGE, false).query.by).toBe('');
  });

  test('of a counter is its rate', () => {
    expect(hostPanel('a', metric('x_total', {}, 'counter'), RANGE, true).query.aggregate).toBe('rate');
  });
});

describe('sections', () => {
  test('hold every metric once, the telling ones first', () => {
    const names = [
      'context_switches_total',
      'cpu_core_usage_percent',
      'cpu_usage_percent',
      'disk_busy_percent',
      'disk_cpu_wait',
      'filesystem_used_percent',
      'load1',
      'memory_used_percent',
      'network_receive_bytes_total',
      'orders_total',
      'processes_count',
      'swap_used_bytes',
      'temperature_celsius',
      'uptime_seconds',
    ];
    const sections = inSections(names.map((name) => metric(name)));
    expect(sections.map(({ key, metrics }) => [key, metrics.map(({ name }) => name)])).toEqual([
      ['cpu', ['cpu_usage_percent', 'cpu_core_usage_percent', 'load1', 'context_switches_total']],
      ['memory', ['memory_used_percent', 'swap_used_bytes']],
      ['disk', ['filesystem_used_percent', 'disk_busy_percent', 'disk_cpu_wait']],
      ['network', ['network_receive_bytes_total']],
      ['temperature', ['temperature_celsius']],
      ['process', ['processes_count']],
      ['system', ['uptime_seconds']],
      ['other', ['orders_total']],
    ]);
  });

  test('of a machine that measures other things still give it its charts', () => {
    const metrics = ['orders_total', 'queue_depth'].map((name) => metric(name));
    const titles = (given: HostMetric[], count: number) =>
      mainPanels('a', given, count, RANGE).map(({ title }) => title);
    expect(titles(metrics, 9)).toEqual(['orders_total', 'queue_depth']);
    expect(titles([...metrics, metric('cpu_usage_percent')], 2)).toEqual(['CPU', 'orders_total']);
  });
});
