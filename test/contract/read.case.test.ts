import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogueAnswer, SeriesAnswer } from '@/lib/model/wire/catalogue';
import { HistoryAnswer, ResultsAnswer } from '@/lib/model/wire/history';
import { type Client, expectError } from './client';
import { createReadScene, MINUTE, type ReadScene } from './read-scene';

/** What whoever reads may rely on, on any front: where to ask, and the shapes of answers. */
export function readContract(connect: () => Client): void {
  let { client, prefix, start, metric, points } = {} as ReadScene;
  beforeAll(async () => {
    ({ client, prefix, start, metric, points } = await createReadScene(connect()));
  });
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
          name: metric,
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
      expect(first.metrics.map(({ name }) => name)).toEqual([metric]);
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
    const query = new URLSearchParams({ metric, match: '{env="prod",host!="b"}' });
    expect(SeriesAnswer.parse((await client.get(`/api/series?${query}`)).body)).toEqual({
      series: [{ metric, labels: { host: 'a', env: 'prod' }, lastSeen: start }],
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
        metric,
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

    test('of names with slashes, raw or escaped', async () => {
      for (const name of [metric, encodeURIComponent(metric)]) {
        const { status, body } = await client.get(`/api/metrics/${name}?start=${start}`);
        expect(status).toBe(200);
        expect(body).toMatchObject({ metric });
      }
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
          { metric, ...common, by: ['host'], top: 1 },
          { metric: 'nobody_has_this' },
          { metric: `${prefix}/memory`, ...common, aggregate: 'max' },
        ],
      });
      expect(response.status).toBe(200);
      expect(ResultsAnswer.parse(await response.json()).results).toMatchObject([
        { metric, series: [{ labels: { host: 'c "d", e' } }] },
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
