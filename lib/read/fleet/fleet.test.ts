import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFleetNode, START } from '@/test/support/fleet-node';
import { EVERY_HOST, type HostsQuery } from '../../model/fleet/hosts-query';
import { DAY, MINUTE, SECOND } from '../../model/time/duration';

let on: ReturnType<typeof createFleetNode>;
beforeEach(() => {
  on = createFleetNode();
});
afterEach(() => on.close());

const list = (change: Partial<HostsQuery> = {}) => on.fleet.hostsPage({ ...EVERY_HOST, ...change });
const names = async (change: Partial<HostsQuery> = {}) => (await list(change)).rows.map(({ name }) => name);

describe('which hosts there are', () => {
  test('is known from the catalogue, from before and after the fleet began', async () => {
    on.series('load1', { host: 'web-10' });
    on.open();
    on.series('load1', { host: 'web-2' });
    on.series('uptime_seconds', { host: 'web-2' });
    on.series('queue_depth', {});
    expect(await names()).toEqual(['web-2', 'web-10']);
    expect((await list()).rows[0].series).toBe(2);
    expect((await on.fleet.summary()).series).toBe(4);
  });

  test('those of the catalogue only are gone, with the time they were last seen', async () => {
    on.series('load1', { host: 'old' }, { lastSeen: START - 3 * DAY });
    on.series('load1', { host: 'recent' }, { lastSeen: START - 2 * 60 * MINUTE });
    const summary = await on.open().summary();
    expect(summary.counts).toEqual({ reporting: 0, late: 0, gone: 2 });
    expect(summary.goneLastDay).toBe(1);
    expect(summary.silent.map(({ name, lastSeen }) => [name, lastSeen])).toEqual([
      ['recent', START - 2 * 60 * MINUTE],
      ['old', START - 3 * DAY],
    ]);
  });

  test('labels of the host are those most of its series share; those of its parts are not', async () => {
    const all = { host: 'web-1', region: 'eu' };
    on.series('load1', all);
    on.series('cpu_usage_percent', all);
    on.series('cpu_core_usage_percent', { ...all, core: '0' });
    on.series('cpu_core_usage_percent', { ...all, core: '1' });
    on.series('jobs_total', { host: 'web-1', queue: 'mail' });
    const { labels } = (await on.open().hostsPage(EVERY_HOST)).rows[0];
    expect(labels).toEqual({ host: 'web-1', region: 'eu' });
  });
});

describe('status', () => {
  test('follows each host’s own interval, and recovers', async () => {
    const every1s = on.series('load1', { host: 'second' });
    const every60s = on.series('load1', { host: 'minute' });
    on.open();
    for (let minute = 0; minute < 4; minute++) {
      on.commit(every60s, 1, START + minute * MINUTE);
      for (let second = 0; second < 60; second++) {
        on.clock.now = START + minute * MINUTE + second * SECOND;
        on.commit(every1s, 1);
      }
    }
    const statuses = async () =>
      Object.fromEntries((await list()).rows.map(({ name, status }) => [name, status]));
    const stopped = on.clock.now;
    expect(await statuses()).toEqual({ second: 'reporting', minute: 'reporting' });
    expect((await list()).rows.map(({ intervalMs }) => intervalMs)).toEqual([MINUTE, SECOND]);
    on.clock.now = stopped + 20 * SECOND;
    expect(await statuses()).toEqual({ second: 'late', minute: 'reporting' });
    on.clock.now = stopped + 5 * MINUTE;
    expect(await statuses()).toEqual({ second: 'gone', minute: 'late' });
    expect((await on.fleet.summary()).counts).toEqual({ reporting: 0, late: 1, gone: 1 });
    on.commit(every1s, 1);
    on.clock.now += SECOND;
    expect((await statuses()).second).toBe('reporting');
  });

  test('of a host whose clock runs ahead follows from when its samples arrived', async () => {
    const ahead = on.series('load1', { host: 'ahead' });
    on.open();
    for (let second = 0; second < 5; second++) {
      on.clock.now += SECOND;
      on.commit(ahead, 1, on.clock.now + 5 * MINUTE);
    }
    on.clock.now += 20 * SECOND;
    expect((await list()).rows[0]).toMatchObject({ status: 'late', aheadMs: 5 * MINUTE });
  });

  test('uses the interval in the ring right after a restart', async () => {
    const hourly = on.series('load1', { host: 'slow' }, { lastSeen: START - 2 * MINUTE });
    on.ring.add({
      series: [hourly, hourly, hourly],
      timestamps: [START - 6 * MINUTE, START - 4 * MINUTE, START - 2 * MINUTE],
      values: [1, 1, 1],
    });
    on.open();
    expect((await list()).rows[0]).toMatchObject({ status: 'reporting', intervalMs: 2 * MINUTE });
  });
});

describe('figures', () => {
  test('are the newest values, of counters the rate over devices and across resets', async () => {
    const cpu = on.series('cpu_usage_percent', { host: 'a' });
    const received = ['eth0', 'eth1'].map((name) =>
      on.series('network_receive_bytes_total', { host: 'a', interface: name }, { type: 'counter' }),
    );
    on.open();
    for (const [second, first, other] of [
      [0, 1_000, 50],
      [1, 3_000, 60],
      [2, 500, 70],
    ]) {
      on.clock.now = START + second * SECOND;
      on.commit(cpu, 10 + second);
      on.commit(received[0], first);
      on.commit(received[1], other);
    }
    const [row] = (await list()).rows;
    expect(row.values.cpu).toBe(12);
    expect(row.values.received).toBe((2_000 + 500) / 2 + 10);
    expect(row.values.memory).toBeUndefined();
    expect((await list()).headlines).toEqual(['cpu', 'received']);
  });

  test('prefer a total to its parts under the same name', async () => {
    const parts = ['0', '1'].map((core) => on.series('cpu_usage_percent', { host: 'a', core }));
    const total = on.series('cpu_usage_percent', { host: 'a' });
    on.open();
    for (const part of parts) on.commit(part, 100);
    on.commit(total, 30);
    expect((await list()).rows[0].values.cpu).toBe(30);
  });

  test('end when the metric does, though the host goes on', async () => {
    const cpu = on.series('cpu_usage_percent', { host: 'a' });
    const load = on.series('load1', { host: 'a' });
    on.open();
    on.commit(cpu, 50);
    for (let round = 0; round < 18; round++) {
      on.clock.now += 10 * SECOND;
      on.commit(load, 1);
    }
    expect((await list()).rows[0].values).toEqual({ load: 1 });
  });

  test('of the last minutes are means per step, without a value where there was no sample', async () => {
    const cpu = on.series('cpu_usage_percent', { host: 'a' });
    on.open();
    on.commit(cpu, 10, START - 15_000);
    on.commit(cpu, 20, START - 10_000);
    on.commit(cpu, 99, START - 45_000);
    expect((await list()).rows[0].recent.slice(-4)).toEqual([null, 99, null, 15]);
  });
});

describe('the list', () => {
  const FLEET = [
    { host: 'web-1', region: 'eu', cpu: 30 },
    { host: 'web-2', region: 'us', cpu: 90 },
    { host: 'web-10', region: 'eu', cpu: 60 },
    { host: 'db-1', region: 'eu', cpu: null },
  ];
  beforeEach(() => {
    on.open();
    for (const { host, region, cpu } of FLEET) {
      if (cpu === null) on.series('load1', { host, region }, { lastSeen: START - DAY });
      else on.commit(on.series('cpu_usage_percent', { host, region }), cpu);
    }
    on.clock.now += SECOND;
  });

  test('is in natural order of names, either way', async () => {
    expect(await names()).toEqual(['db-1', 'web-1', 'web-2', 'web-10']);
    expect(await names({ descending: true })).toEqual(['web-10', 'web-2', 'web-1', 'db-1']);
  });

  test('sorts by a figure; hosts without one come last either way', async () => {
    expect(await names({ sort: 'cpu', descending: true })).toEqual(['web-2', 'web-10', 'web-1', 'db-1']);
    expect(await names({ sort: 'cpu' })).toEqual(['web-1', 'web-10', 'web-2', 'db-1']);
    expect((await names({ sort: 'seen' }))[0]).toBe('db-1');
  });

  test('filters by words, status and labels, and counts statuses before the status filter', async () => {
    expect(await names({ search: 'WEB 1' })).toEqual(['web-1', 'web-10']);
    const eu = [{ label: 'region', operator: '=', value: 'eu' }] as const;
    expect(await names({ matchers: eu })).toEqual(['db-1', 'web-1', 'web-10']);
    const page = await list({ matchers: eu, statuses: ['gone'] });
    expect(page.rows.map(({ name }) => name)).toEqual(['db-1']);
    expect(page).toMatchObject({ total: 4, matching: 1, counts: { reporting: 2, late: 0, gone: 1 } });
    expect(await names({ matchers: [{ label: 'host', operator: '=~', value: 'web-1.*' }] })).toEqual([
      'web-1',
      'web-10',
    ]);
  });

  test('comes in pages; one past the end is the last', async () => {
    expect(await list({ pageSize: 3, page: 2 })).toMatchObject({ page: 2, pages: 2, matching: 4 });
    expect(await names({ pageSize: 3, page: 2 })).toEqual(['web-10']);
    expect(await list({ pageSize: 3, page: 9 })).toMatchObject({ page: 2 });
    expect(await list({ search: 'nothing like it' })).toMatchObject({ page: 1, pages: 1, rows: [] });
  });

  test('keeps rows that a reader is looking at, while everything else moves on', async () => {
    const page = await on.fleet.hostsPage({ ...EVERY_HOST, sort: 'cpu' }, ['web-10', 'db-1', 'nobody']);
    expect(page.rows.map(({ name }) => name)).toEqual(['web-10', 'db-1']);
    expect(page).toMatchObject({ matching: 4, pages: 1, recentOf: 'cpu' });
  });

  test('ranks the busiest and the quietest of those reporting', async () => {
    const { busiest, quietest, by } = await on.fleet.summary({ by: 'cpu' });
    expect(by).toBe('cpu');
    expect(busiest.map(({ name }) => name)).toEqual(['web-2', 'web-10', 'web-1']);
    expect(quietest.map(({ name }) => name)).toEqual(['web-1', 'web-10', 'web-2']);
  });

  test('offers labels that several hosts share as filters', async () => {
    expect(await on.fleet.labels()).toEqual([
      {
        label: 'region',
        values: [
          { value: 'eu', hosts: 3 },
          { value: 'us', hosts: 1 },
        ],
      },
    ]);
  });

  test('is one cell per host on the map', async () => {
    const map = await on.fleet.map({ by: 'cpu' });
    expect(map).toMatchObject({
      names: ['db-1', 'web-1', 'web-2', 'web-10'],
      statuses: 'grrr',
      values: [null, 30, 90, 60],
    });
    expect((await on.fleet.map({ by: 'cpu', knownNames: map.namesVersion })).names).toBeNull();
    on.series('load1', { host: 'web-11' });
    on.clock.now += SECOND;
    expect((await on.fleet.map({ by: 'cpu', knownNames: map.namesVersion })).names).toHaveLength(5);
  });
});

describe('one host', () => {
  test('lists its metrics with what distinguishes their series', async () => {
    on.series('cpu_core_usage_percent', { host: 'a', core: '0' });
    on.series('cpu_core_usage_percent', { host: 'a', core: '1' });
    on.series('load1', { host: 'a' });
    on.series('load1', { host: 'b' });
    const detail = await on.open().host('a');
    expect(detail?.metrics.map(({ name, series, dimensions }) => ({ name, series, dimensions }))).toEqual([
      { name: 'cpu_core_usage_percent', series: 2, dimensions: [{ label: 'core', values: 2 }] },
      { name: 'load1', series: 1, dimensions: [] },
    ]);
    expect(await on.fleet.host('nobody')).toBeNull();
  });
});

test('samples per second are counted as they are committed', async () => {
  on.open();
  const load = on.series('load1', { host: 'a' });
  for (let i = 0; i < 21; i++) {
    on.clock.now += 500;
    on.commit(load, i, on.clock.now - i);
  }
  on.clock.now = START + 11 * SECOND;
  const summary = await on.fleet.summary({ since: START + 5 * SECOND });
  expect(summary.samplesPerSecond).toBe(2);
  expect(summary.arrivals[0]).toEqual([START + 5 * SECOND, 2]);
});
