import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogueAnswer, SeriesAnswer } from '@/lib/model/wire/catalogue';
import { HistoryAnswer, ResultsAnswer } from '@/lib/model/wire/history';
import { type Client, expectError } from './client';

const MINUTE = 60_000;

/** What whoever reads may rely on, on any front. */
export function readContract(connect: () => Client): void {
  let client: Client;
  /** Names sort as they are made; `:` and `/` belong to names. */
  let prefix: string;
  let start: number;
  const metric = () => `${prefix}/cpu:usage`;

  beforeAll(async () => {
    client = connect();
    prefix = client.freshName();
    start = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
    await client.accepted([
      { name: metric(), value: 1, timestamp: start, labels: { host: 'a', env: 'prod' }, unit: 'percent' },
      { name: metric(), value: 3, timestamp: start + 1_000, labels: { host: 'b', env: 'prod' } },
      { name: metric(), value: 8, timestamp: start + 2 * MINUTE, labels: { host: 'c "d", e' } },
      { name: `${prefix}/memory`, value: 5, timestamp: start },
    ]);
  });

  const points = (query: Record<string, string> = {}, headers: Record<string, string> = {}) => {
    const all = { start: String(start), end: String(start + 5 * MINUTE), step: 'minute', ...query };
    return client.get(`/api/metrics/${metric()}?${new URLSearchParams(all)}`, headers);
  };
  const ask = (body: unknown) =>
    fetch(`${client.url}/api/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  describe('GET /api/metrics', () => {
    test('lists metrics, with what there is to know of each', async () => {
      const { metrics, next } = CatalogueAnswer.parse(
        (await client.get(`/api/metrics?search=${prefix}`)).body,
      );
      expect(metrics).toEqual([
        {
          name: metric(),
          type: 'gauge',
          unit: 'percent',
          series: 3,
          labels: ['env', 'host'],
          lastSeen: start + 2 * MINUTE,
        },
        { name: `${prefix}/memory`, type: 'gauge', unit: '', series: 1, labels: [], lastSeen: start },
      ]);
      expect(next).toBeNull();
    });

    test('a page at a time', async () => {
      const first = CatalogueAnswer.parse((await client.get(`/api/metrics?search=${prefix}&limit=1`)).body);
      expect(first.metrics.map(({ name }) => name)).toEqual([metric()]);
      const path = `/api/metrics?search=${prefix}&limit=1&cursor=${encodeURIComponent(first.next ?? '')}`;
      const second = CatalogueAnswer.parse((await client.get(path)).body);
      expect(second.metrics.map(({ name }) => name)).toEqual([`${prefix}/memory`]);
      expect(second.next).toBeNull();
    });

    test('names a bad parameter', async () => {
      const { message } = expectError(await client.get('/api/metrics?limit=1001'), 400, 'bad_parameter');
      expect(message).toMatch(/^limit /);
    });
  });

  test('GET /api/series lists the series that match', async () => {
    const query = new URLSearchParams({ metric: metric(), match: '{env="prod",host!="b"}' });
    expect(SeriesAnswer.parse((await client.get(`/api/series?${query}`)).body)).toEqual({
      series: [{ metric: metric(), labels: { host: 'a', env: 'prod' }, lastSeen: start }],
      next: null,
    });
    expectError(await client.get('/api/series?metric=nobody_has_this'), 404, 'unknown_metric');
    expectError(await client.get('/api/series?match={a'), 400, 'bad_parameter');
  });

  describe('GET /api/metrics/{name}', () => {
    test('answers with points, each named by its start', async () => {
      const { status, headers, body } = await points();
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(HistoryAnswer.parse(body)).toMatchObject({
        metric: metric(),
        unit: 'percent',
        aggregate: 'avg',
        step: MINUTE,
        start,
        end: start + 5 * MINUTE,
        series: [
          {
            labels: {},
            points: [
              [start, 2],
              [start + 2 * MINUTE, 8],
            ],
          },
        ],
      });
    });

    test('counts growth over pauses of days, and says why there is none', async () => {
      const day = 24 * 60 * MINUTE;
      const name = `${client.freshName()}/jobs_total`;
      const send = (host: string, age: number, value: number) => ({
        ...{ name, value, type: 'counter' },
        ...{ timestamp: start - age, labels: { host } },
      });
      await client.accepted([
        send('daily', 5 * day, 10),
        send('daily', 2 * day, 50),
        send('daily', 0, 60),
        send('restarted', 3 * day, 500),
        send('restarted', 0, 7),
        send('first', 0, 1_000),
      ]);
      const ask = async (query: Record<string, string>) => {
        const all = { start: String(start), end: String(start + MINUTE), step: 'minute', ...query };
        return HistoryAnswer.parse(
          (await client.get(`/api/metrics/${name}?${new URLSearchParams(all)}`)).body,
        );
      };
      const whole = await ask({ aggregate: 'increase' });
      expect(whole.series).toEqual([{ labels: {}, points: [[start, 17]] }]);
      expect(whole.notes).toBeUndefined();

      const each = await ask({ aggregate: 'increase,rate', by: 'host' });
      expect(each.series).toEqual([
        { labels: { host: 'daily' }, points: [[start, 10, 10 / (2 * 86_400)]] },
        { labels: { host: 'restarted' }, points: [[start, 7, 7 / (3 * 86_400)]] },
      ]);
      expect(each.notes).toMatchObject([{ code: 'no_predecessor' }]);

      const alone = await ask({ aggregate: 'rate', match: '{host="first"}' });
      expect(alone.series).toEqual([]);
      expect(alone.notes).toMatchObject([
        { code: 'no_predecessor', message: expect.stringContaining('at most 14 days apart') },
      ]);
      expect((await ask({ aggregate: 'avg', match: '{host="first"}' })).notes).toBeUndefined();
      // Where there are no samples there is nothing to explain.
      const later = { start: String(start + MINUTE), end: String(start + 2 * MINUTE) };
      expect((await ask({ aggregate: 'rate', ...later })).notes).toBeUndefined();
    });

    test('of names with slashes, raw or escaped', async () => {
      for (const name of [metric(), encodeURIComponent(metric())]) {
        const { status, body } = await client.get(`/api/metrics/${name}?start=${start}`);
        expect(status).toBe(200);
        expect(body).toMatchObject({ metric: metric() });
      }
    });

    test('groups, filters, keeps the top, aggregates', async () => {
      const series = async (query: Record<string, string>) =>
        HistoryAnswer.parse((await points(query)).body).series;
      expect(await series({ by: 'env', aggregate: 'sum' })).toEqual([
        { labels: {}, points: [[start + 2 * MINUTE, 8]] },
        { labels: { env: 'prod' }, points: [[start, 4]] },
      ]);
      expect(await series({ match: '{host=~"a|b"}', by: 'host', top: '1' })).toEqual([
        { labels: { host: 'b' }, points: [[start, 3]] },
      ]);
      const byHost = async (query: Record<string, string>) =>
        (await series({ match: '{env="prod"}', by: 'host', ...query })).map(({ labels }) => labels.host);
      expect(await byHost({ bottom: '1' })).toEqual(['a']);
      expect(await byHost({ bottom: '2', rank: 'range' })).toEqual(['a', 'b']);
      expect(await byHost({ top: '2', rank: 'range', aggregate: 'count' })).toEqual(['a', 'b']);
      expect(await series({ match: '{env="prod"}', aggregate: 'min,max,count' })).toEqual([
        { labels: {}, points: [[start, 1, 3, 2]] },
      ]);
      expect(await series({ match: '{env="none"}' })).toEqual([]);
    });

    test('tells what was before at the time that is asked for', async () => {
      const at = async (query: Record<string, string>) =>
        HistoryAnswer.parse((await points(query)).body).series[0].points;
      expect(await at({ offset: '1m' })).toEqual([
        [start + MINUTE, 2],
        [start + 3 * MINUTE, 8],
      ]);
      // Steps need not be whole minutes away.
      expect(await at({ offset: '500ms', aggregate: 'count' })).toEqual([
        [start, 2],
        [start + 2 * MINUTE, 1],
      ]);
    });

    test('calculates with two questions', async () => {
      const asked = { expression: '100*a/b', 'b.metric': `${prefix}/memory`, aggregate: 'sum' };
      const { body } = await points({ ...asked, end: String(start + MINUTE) });
      expect(HistoryAnswer.parse(body)).toMatchObject({
        metric: metric(),
        unit: '',
        expression: '100 * a / b',
        series: [{ labels: {}, points: [[start, 80]] }],
      });
      const alone = HistoryAnswer.parse((await points({ ...asked, by: 'host' })).body);
      expect(alone.series).toEqual([]);
      expect(alone.notes?.map(({ code }) => code)).toEqual(['unmatched_groups']);
      const csv = await points({ ...asked, end: String(start + MINUTE) }, { accept: 'text/csv' });
      expect(csv.body).toBe(`timestamp,time,sum\r\n${start},${new Date(start).toISOString()},80\r\n`);
      const difference = { expression: 'a - b', 'b.offset': '2m', start: String(start + 2 * MINUTE) };
      expect(HistoryAnswer.parse((await points(difference)).body).series[0].points).toEqual([
        [start + 2 * MINUTE, 6],
      ]);
      expectError(await points({ expression: 'a/b', 'b.metric': 'nobody_has_this' }), 404, 'unknown_metric');
      const { message } = expectError(await points({ expression: 'a // b' }), 400, 'bad_parameter');
      expect(message).toMatch(/^expression .* at character 4\.$/);
    });

    test('begins days, weeks and months at the midnights of a place', async () => {
      const told = async (query: Record<string, string>) => HistoryAnswer.parse((await points(query)).body);
      const kathmandu = await told({ step: 'day', timezone: 'Asia/Kathmandu', aggregate: 'count' });
      expect(kathmandu).toMatchObject({ step: 'day', timezone: 'Asia/Kathmandu' });
      expect(new Date(kathmandu.start).toISOString()).toMatch(/T18:15:00.000Z$/);
      const month = await told({ step: 'month', aggregate: 'count', start: 'now-3d', end: 'now' });
      expect(month).toMatchObject({ step: 'month', timezone: 'UTC' });
      expect(new Date(month.start).getUTCDate()).toBe(1);
      const week = await told({ step: 'week', timezone: 'Europe/Berlin', start: 'now-3d', end: 'now' });
      expect(new Date(week.start + 3 * 60 * MINUTE).getUTCDay()).toBe(1);
      expect(await told({ step: 'day' })).toMatchObject({ step: 24 * 60 * MINUTE });
    });

    test('fills what is missing between the first and the last point', async () => {
      const filled = async (fill: string) =>
        HistoryAnswer.parse((await points({ fill })).body).series[0].points.map(([, value]) => value);
      expect(await filled('none')).toEqual([2, 8]);
      expect(await filled('0')).toEqual([2, 0, 8]);
      expect(await filled('previous')).toEqual([2, 2, 8]);
      expect(await filled('linear')).toEqual([2, 5, 8]);
      const { message } = expectError(await points({ fill: 'linear', step: 'raw' }), 400, 'bad_parameter');
      expect(message).toMatch(/^fill /);
    });

    test.each(['avg', 'sum', 'min', 'max', 'count', 'last', 'first', 'stddev', 'p50', 'p0', 'p99.999'])(
      'knows %s',
      async (aggregate) => {
        expect(HistoryAnswer.parse((await points({ aggregate })).body).series[0].points).toHaveLength(2);
      },
    );

    test('aggregates each series first, then over series', async () => {
      const gauge = client.freshName();
      const sample = (host: string, at: number, value: number) => ({
        name: gauge,
        value,
        timestamp: start + at,
        labels: { host },
      });
      // One is chattier than the other.
      await client.accepted([sample('a', 0, 8), ...[0, 1, 2, 3].map((i) => sample('b', i * 1_000, i))]);
      const read = async (aggregate: string) => {
        const query = new URLSearchParams({ start: String(start), step: '1m', aggregate });
        return HistoryAnswer.parse((await client.get(`/api/metrics/${gauge}?${query}`)).body).series[0]
          .points;
      };
      expect(await read('sum')).toEqual([[start, 14]]);
      expect(await read('sum(avg)')).toEqual([[start, 9.5]]);
      expect(await read('avg(last),max(sum),min(first),count(max),p50(min),stddev(avg)')).toEqual([
        [start, 5.5, 8, 0, 2, 4, 3.25],
      ]);
      expect(await read('sum(rate),max(delta),delta')).toEqual([[start, 1, 3, 3]]);
    });

    test('answers several aggregates of any mix, null where one cannot be told', async () => {
      const { body } = await points({ aggregate: 'p99.90,avg,rate,first,stddev' });
      expect(HistoryAnswer.parse(body)).toMatchObject({
        aggregate: 'p99.9,avg,rate,first,stddev',
        series: [
          {
            points: [
              [start, expect.closeTo(2.998, 9), 2, null, 1, 1],
              [start + 2 * MINUTE, 8, 8, null, 8, 0],
            ],
          },
        ],
      });
      const answer = await points({ aggregate: 'avg,rate' }, { accept: 'text/csv' });
      expect(String(answer.body).split('\r\n').slice(0, 2)).toEqual([
        'timestamp,time,avg,rate',
        `${start},${new Date(start).toISOString()},2,`,
      ]);
    });

    test('counts growth across a restart of a counter', async () => {
      const counter = client.freshName();
      const values = [100, 160, 20, 80];
      await client.accepted(
        values.map((value, i) => ({ name: counter, value, timestamp: start + i * 10_000, type: 'counter' })),
      );
      const read = async (aggregate: string) =>
        HistoryAnswer.parse(
          (await client.get(`/api/metrics/${counter}?start=${start}&step=1m&aggregate=${aggregate}`)).body,
        );
      expect(await read('increase')).toMatchObject({ type: 'counter', series: [{ points: [[start, 140]] }] });
      expect((await read('rate')).series[0].points[0][1]).toBeCloseTo(140 / 30, 9);
    });

    test('is CSV for whoever asks for it', async () => {
      const csv =
        'timestamp,time,host,avg\r\n' +
        `${start},${new Date(start).toISOString()},a,1\r\n` +
        `${start},${new Date(start).toISOString()},b,3\r\n` +
        `${start + 2 * MINUTE},${new Date(start + 2 * MINUTE).toISOString()},"c ""d"", e",8\r\n`;
      const byAccept = await points({ by: 'host' }, { accept: 'text/csv' });
      expect(byAccept.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      expect(byAccept.body).toBe(csv);
      const byLink = await points({ by: 'host', format: 'csv' }, { accept: 'text/html,*/*;q=0.8' });
      expect(byLink.headers.get('content-disposition')).toMatch(/^attachment; filename="\w+\.csv"$/);
      expect(byLink.body).toBe(csv);
    });

    test('does not know an unknown metric', async () => {
      for (const name of ['nobody_has_this', 'no%20name', '%00', 'a%2Fb']) {
        expectError(await client.get(`/api/metrics/${name}`), 404, 'unknown_metric');
      }
    });

    test.each([
      ['start', 'yesterday'],
      ['end', '2026-11-20'],
      ['step', 'fast'],
      ['maxPoints', '0'],
      ['aggregate', 'median'],
      ['aggregate', 'p100.5'],
      ['aggregate', 'avg,avg'],
      ['aggregate', 'sum(avg(last))'],
      ['aggregate', 'last(avg)'],
      ['aggregate', 'p1,p2,p3,p4,p5,p6,p7,p8,p9'],
      ['by', '1x'],
      ['match', '{host=~"("}'],
      ['top', 'all'],
      ['bottom', '0'],
      ['rank', 'range'],
      ['fill', 'next'],
      ['offset', '-1d'],
      ['timezone', 'Mars/Olympus'],
      ['expression', 'a +'],
      ['b.metric', 'cpu'],
      ['agregate', 'max'],
    ])('names the bad parameter %s=%s', async (name, value) => {
      const { message } = expectError(await points({ [name]: value }), 400, 'bad_parameter');
      expect(message).toMatch(new RegExp(`^${name}\\b`));
    });

    test('refuses more points than it may answer, and says what would fit', async () => {
      const { message } = expectError(
        await points({ start: 'now-7d', end: 'now', step: '1s' }),
        400,
        'too_many_points',
      );
      expect(message).toMatch(/step=\w+ would fit/);
    });
  });

  describe('POST /api/query', () => {
    test('answers each query in its place', async () => {
      const common = { start, end: start + 5 * MINUTE, step: 'minute' };
      const response = await ask({
        queries: [
          { metric: metric(), ...common, by: ['host'], top: 1 },
          { metric: 'nobody_has_this' },
          { metric: `${prefix}/memory`, ...common, aggregate: 'max' },
        ],
      });
      expect(response.status).toBe(200);
      expect(ResultsAnswer.parse(await response.json()).results).toMatchObject([
        { metric: metric(), series: [{ labels: { host: 'c "d", e' } }] },
        { error: { code: 'unknown_metric' } },
        { metric: `${prefix}/memory`, aggregate: 'max', series: [{ points: [[start, 5]] }] },
      ]);
    });

    test.each([
      ['{"queries":', 'bad_json'],
      ['{"queries":[]}', 'bad_shape'],
      ['{"queries":"cpu"}', 'bad_shape'],
      [JSON.stringify({ queries: Array(51).fill({ metric: 'cpu' }) }), 'bad_shape'],
    ])('refuses %.40s', async (body, code) => {
      const response = await ask(body);
      expectError(
        { status: response.status, headers: response.headers, body: await response.json() },
        400,
        code,
      );
    });
  });

  test.each([
    ['DELETE', '/api/metrics', 'GET, POST'],
    ['POST', '/api/metrics/cpu', 'GET'],
    ['PUT', '/api/series', 'GET'],
    ['GET', '/api/query', 'POST'],
    ['POST', '/api/live', 'GET'],
  ])('%s %s is not possible, and says so', async (method, path, allow) => {
    const response = await fetch(client.url + path, { method });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    expectError(answer, 405, 'method_not_allowed');
    expect(response.headers.get('allow')).toBe(allow);
  });

  test('an unknown path of the API is the error shape, too', async () => {
    expectError(await client.get('/api/nothing/here'), 404, 'not_found');
  });
}
