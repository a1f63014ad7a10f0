import { beforeAll, expect, test } from 'vitest';
import { HistoryAnswer } from '@/lib/model/wire/history';
import { type Client, expectError } from './client';
import { createReadScene, MINUTE, type ReadScene } from './read-scene';

/** What points are made of, on any front: aggregates, growth, groups, steps, filling, calculations. */
export function readCalculationContract(connect: () => Client): void {
  let { client, prefix, start, metric, points } = {} as ReadScene;
  beforeAll(async () => {
    ({ client, prefix, start, metric, points } = await createReadScene(connect()));
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
      return HistoryAnswer.parse((await client.get(`/api/metrics/${name}?${new URLSearchParams(all)}`)).body);
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

  test('shows what was before at the time that is asked for', async () => {
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
      metric,
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
    const answer = async (query: Record<string, string>) => HistoryAnswer.parse((await points(query)).body);
    const kathmandu = await answer({ step: 'day', timezone: 'Asia/Kathmandu', aggregate: 'count' });
    expect(kathmandu).toMatchObject({ step: 'day', timezone: 'Asia/Kathmandu' });
    expect(new Date(kathmandu.start).toISOString()).toMatch(/T18:15:00.000Z$/);
    const month = await answer({ step: 'month', aggregate: 'count', start: 'now-3d', end: 'now' });
    expect(month).toMatchObject({ step: 'month', timezone: 'UTC' });
    expect(new Date(month.start).getUTCDate()).toBe(1);
    const week = await answer({ step: 'week', timezone: 'Europe/Berlin', start: 'now-3d', end: 'now' });
    expect(new Date(week.start + 3 * 60 * MINUTE).getUTCDay()).toBe(1);
    expect(await answer({ step: 'day' })).toMatchObject({ step: 24 * 60 * MINUTE });
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
      return HistoryAnswer.parse((await client.get(`/api/metrics/${gauge}?${query}`)).body).series[0].points;
    };
    expect(await read('sum')).toEqual([[start, 14]]);
    expect(await read('sum(avg)')).toEqual([[start, 9.5]]);
    expect(await read('avg(last),max(sum),min(first),count(max),p50(min),stddev(avg)')).toEqual([
      [start, 5.5, 8, 0, 2, 4, 3.25],
    ]);
    expect(await read('sum(rate),max(delta),delta')).toEqual([[start, 1, 3, 3]]);
  });

  test('answers several aggregates of any mix, null where one cannot be computed', async () => {
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
}
