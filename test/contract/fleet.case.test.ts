import { beforeAll, describe, expect, test } from 'vitest';
import { FleetLabels, FleetMap, FleetSummary, HostsPage } from '@/lib/model/fleet/answers';
import { type Client, expectError } from './client';

/** What whoever asks about hosts may rely on, on any front. */
export function fleetContract(connect: () => Client): void {
  let client: Client;
  /** Hosts of these tests only: other suites post to the same server. */
  let prefix: string;

  beforeAll(async () => {
    client = connect();
    prefix = client.freshName();
    const now = Date.now();
    const sample = (host: string, region: string, value: number, timestamp: number) => ({
      name: 'cpu_usage_percent',
      value,
      timestamp,
      labels: { host: `${prefix}-${host}`, region: `${prefix}-${region}` },
    });
    await client.accepted([
      sample('a', 'eu', 20, now),
      sample('b', 'eu', 90, now),
      sample('c', 'us', 50, now - 3_600_000),
    ]);
  });

  const hosts = async (query: string) =>
    HostsPage.parse((await client.get(`/api/hosts?q=${prefix}&${query}`)).body);
  const names = (rows: Array<{ name: string }>) => rows.map(({ name }) => name.slice(prefix.length + 1));

  describe('GET /api/hosts', () => {
    test('searches, sorts and pages', async () => {
      const all = await hosts('');
      expect(names(all.rows)).toEqual(['a', 'b', 'c']);
      expect(all.counts).toEqual({ reporting: 2, late: 0, gone: 1 });
      // The one that is gone has no current figure, so it is last either way.
      expect(names((await hosts('sort=-cpu')).rows)).toEqual(['b', 'a', 'c']);
      expect(names((await hosts('sort=cpu')).rows)).toEqual(['a', 'b', 'c']);
      expect(await hosts('size=2&page=2')).toMatchObject({ page: 2, pages: 2, matching: 3 });
    });

    test('filters by status and by labels', async () => {
      expect(names((await hosts('status=gone')).rows)).toEqual(['c']);
      const match = encodeURIComponent(`{region=~"${prefix}-e.*"}`);
      expect(names((await hosts(`match=${match}`)).rows)).toEqual(['a', 'b']);
    });

    test('gives exactly the hosts that are to be kept', async () => {
      const keep = ['c', 'a'].map((name) => `keep=${prefix}-${name}`).join('&');
      expect(names((await hosts(`sort=-cpu&${keep}`)).rows)).toEqual(['c', 'a']);
    });

    test.each(['status=asleep', 'sort=colour', 'page=0', 'size=1000', 'match=region'])(
      'names a bad parameter: %s',
      async (query) => {
        const [parameter] = query.split('=');
        const error = expectError(await client.get(`/api/hosts?${query}`), 400, 'bad_parameter');
        expect(error.message).toContain(parameter);
      },
    );
  });

  test('GET /api/fleet sums up', async () => {
    const fleet = FleetSummary.parse((await client.get('/api/fleet?by=cpu')).body);
    expect(fleet.by).toBe('cpu');
    expect(fleet.counts.reporting).toBeGreaterThanOrEqual(2);
    expect(fleet.series).toBeGreaterThanOrEqual(3);
    const newest = fleet.arrivals.at(-1)?.[0] ?? 0;
    const later = FleetSummary.parse((await client.get(`/api/fleet?since=${newest}`)).body);
    expect(later.arrivals.every(([t]) => t >= newest)).toBe(true);
    expectError(await client.get('/api/fleet?by=colour'), 400, 'bad_parameter');
  });

  test('GET /api/fleet/map has a cell per host, and leaves known names out', async () => {
    const map = FleetMap.parse((await client.get('/api/fleet/map?by=cpu')).body);
    const at = map.names?.indexOf(`${prefix}-b`) ?? -1;
    expect([map.statuses[at], map.values[at]]).toEqual(['r', 90]);
    expect(map.statuses).toHaveLength(map.values.length);
    const again = FleetMap.parse((await client.get(`/api/fleet/map?names=${map.namesVersion}`)).body);
    expect(again.names === null || again.namesVersion !== map.namesVersion).toBe(true);
  });

  test('GET /api/fleet/labels counts hosts per value', async () => {
    const { labels } = FleetLabels.parse((await client.get('/api/fleet/labels')).body);
    expect(labels.find(({ label }) => label === 'region')?.values).toEqual(
      expect.arrayContaining([{ value: `${prefix}-eu`, hosts: 2 }]),
    );
  });
}
