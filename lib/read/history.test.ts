import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { useHistoryNodes } from '@/test/support/history-nodes';
import { lockSamples } from '@/test/support/lock-samples';
import type { TestSample } from '@/test/support/node';
import { until } from '@/test/support/processes';
import { newWork } from '@/test/support/scheduler';
import { HOUR, MINUTE, SECOND } from '../model/time/duration';
import { parseQuery } from './query/query-params';

const nodes = useHistoryNodes();
const { ask, freshMetric } = nodes;

describe('answer', () => {
  it('says what it answers, from memory where that covers the range', async () => {
    const node = await nodes.start();
    const metric = freshMetric();
    const now = nodes.server.clock.now();
    const t = now - (now % MINUTE) - MINUTE;
    await node.write(
      { name: metric, labels: { host: 'a', env: 'prod' }, timestamp: t, value: 1 },
      { name: metric, labels: { host: 'b', env: 'prod' }, timestamp: t + 1, value: 2 },
      { name: metric, labels: { host: 'c' }, timestamp: t + 2, value: 6 },
    );
    expect(await ask({ metric, step: 'minute', start: 'now-5m', by: 'env', aggregate: 'avg,max' })).toEqual({
      metric,
      type: 'gauge',
      unit: '',
      aggregate: 'avg,max',
      step: MINUTE,
      tier: 'ring',
      start: t - 4 * MINUTE,
      end: t + 2 * MINUTE,
      cursor: now,
      series: [
        { labels: {}, points: [[t, 6, 6]] },
        { labels: { env: 'prod' }, points: [[t, 1.5, 2]] },
      ],
    });
  });

  it('is given up, in the database as well, when nobody waits for it any more; others who ask the same have theirs', async () => {
    const node = await nodes.start({ windowMs: 30 * SECOND });
    const metric = freshMetric();
    await node.write({ name: metric, labels: {}, timestamp: nodes.server.clock.now() - HOUR, value: 1 });
    const query = parseQuery({ metric, start: 'now-2h', step: 'minute', aggregate: 'p95' });
    const sql = postgres(nodes.server.databaseUrl, { max: 1 });
    const atWork = async () => {
      const [{ count }] = await sql`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and application_name like 'pulseboard read%' and state = 'active'`;
      return count;
    };
    const unlock = await lockSamples(nodes.server.databaseUrl);
    const reader = new AbortController();
    const left = node.history.answer(query, { work: newWork({ signal: reader.signal }) });
    await until(async () => expect(await atWork()).toBe(1));
    const stays = node.history.answer(query);
    reader.abort();
    await expect(left).rejects.toMatchObject({ code: 'client_closed' });
    // That of the one who stays.
    await until(async () => expect(await atWork()).toBe(1));
    await unlock();
    expect((await stays).series[0].points).toHaveLength(1);
    await until(async () => expect(await atWork()).toBe(0));
    await sql.end();
  });

  it('asks the store for what is before the ring, and takes each point from one of them', async () => {
    const node = await nodes.start({ windowMs: 30 * SECOND });
    const metric = freshMetric();
    const now = nodes.server.clock.now();
    const samples: TestSample[] = Array.from({ length: 120 }, (_, i) => ({
      name: metric,
      labels: {},
      timestamp: now - i * SECOND,
      value: i,
    }));
    await node.write(...samples);
    node.ring.evict(now);
    const answer = await ask({ metric, step: '10s', start: 'now-2m', aggregate: 'count' });
    expect(answer.tier).toBe('raw');
    expect(answer.series[0].points.reduce((sum, [, count]) => sum + count!, 0)).toBe(120);
    expect((await ask({ metric, step: '10s', start: 'now-15s', aggregate: 'count' })).tier).toBe('ring');
  });

  it('chooses a step in which every series has reported, where it matters', async () => {
    const node = await nodes.start();
    const now = nodes.server.clock.now();
    const [slow, fast] = [freshMetric(), freshMetric()];
    const hosts = Array.from({ length: 12 }, (_, i) => `h${i}`);
    const samplesOf = (name: string, everyMs: number): TestSample[] =>
      hosts.flatMap((host, i) =>
        Array.from({ length: 5 }, (_, k) => ({
          name,
          labels: { host },
          // Each at a time of its own.
          timestamp: now - 10 - Math.floor((i / hosts.length) * everyMs) - k * everyMs,
          value: 1,
        })),
      );
    await node.write(...samplesOf(slow, MINUTE), ...samplesOf(fast, SECOND));
    const step = async (metric: string, aggregate: string, rest = {}) =>
      (await ask({ metric, aggregate, start: 'now-5m', ...rest })).step;
    for (const aggregate of ['sum(last)', 'avg,count(avg)', 'rate', 'max(rate)'])
      expect([aggregate, await step(slow, aggregate)]).toEqual([aggregate, MINUTE]);
    for (const aggregate of ['avg', 'max', 'increase', 'sum(sum)'])
      expect([aggregate, await step(slow, aggregate)]).toEqual([aggregate, SECOND]);
    expect(await step(fast, 'sum(last)')).toBe(SECOND);
    expect(await step(slow, 'sum(last)', { step: '10s' })).toBe(10 * SECOND);
    const { series } = await ask({ metric: slow, aggregate: 'sum(last)', start: 'now-4m' });
    expect(series[0].points.slice(1, -1).map(([, sum]) => sum)).toEqual([12, 12, 12]);
  });

  it('filters by label, also by one that is missing', async () => {
    const node = await nodes.start();
    const metric = freshMetric();
    const timestamp = nodes.server.clock.now() - SECOND;
    await node.write(
      { name: metric, labels: { host: 'web-1', region: 'eu' }, timestamp, value: 1 },
      { name: metric, labels: { host: 'web-2' }, timestamp, value: 2 },
      { name: metric, labels: { host: 'db-1' }, timestamp, value: 4 },
    );
    const sum = async (match: string) =>
      (await ask({ metric, match, aggregate: 'sum' })).series[0]?.points[0][1];
    expect(await sum('{host=~"web-.*"}')).toBe(3);
    expect(await sum('{region=""}')).toBe(6);
    expect(await sum('{region!="eu",host!~"db.*"}')).toBe(2);
    expect(await sum('{host="none"}')).toBeUndefined();
  });

  it('keeps the groups with the highest latest value, wherever that lies in the range', async () => {
    const node = await nodes.start({ windowMs: 20 * SECOND });
    const metric = freshMetric();
    const now = nodes.server.clock.now();
    const at = (host: string, ageMs: number, value: number): TestSample => ({
      name: metric,
      labels: { host },
      timestamp: now - ageMs,
      value,
    });
    await node.write(
      at('a', 1_000, 10),
      at('b', 1_000, 30),
      at('b', 60_000, 1),
      at('gone', 100_000, 20),
      at('fell', 100_000, 99),
      at('fell', 2_000, 5),
      at('before', 300_000, 1_000),
    );
    node.ring.evict(now);
    const { series } = await ask({ metric, by: 'host', start: 'now-2m', step: '1s', top: 3 });
    expect(series.map(({ labels, points }) => [labels.host, points.length])).toEqual([
      ['b', 2],
      ['gone', 1],
      ['a', 1],
    ]);
  });

  it('answers step=raw with the samples, and not with too many', async () => {
    const node = await nodes.start({ windowMs: 5 * SECOND });
    const metric = freshMetric();
    const now = nodes.server.clock.now();
    const count = 6_000;
    await node.write(
      ...Array.from({ length: count }, (_, i) => ({
        name: metric,
        labels: {},
        timestamp: now - i * 25,
        value: i,
      })),
    );
    node.ring.evict(now);
    const recent = await ask({ metric, step: 'raw', start: 'now-1s', aggregate: 'last' });
    expect(recent.series[0].points).toHaveLength(40);
    expect(recent.series[0].points.at(-1)).toEqual([now - 25, 1]);
    await expect(ask({ metric, step: 'raw', start: 'now-1h' })).rejects.toMatchObject({
      code: 'too_many_points',
    });
    await expect(ask({ metric, step: 'raw', start: 'now-10s', maxPoints: 100 })).rejects.toMatchObject({
      code: 'too_many_points',
    });
  });

  it('refuses what would be too much', async () => {
    const node = await nodes.start();
    const metric = freshMetric();
    const timestamp = nodes.server.clock.now() - SECOND;
    await node.write(
      ...Array.from({ length: 1_001 }, (_, i) => ({
        name: metric,
        labels: { i: `${i}` },
        timestamp,
        value: i,
      })),
    );
    await expect(ask({ metric, by: 'i' })).rejects.toMatchObject({ code: 'too_expensive' });
    expect((await ask({ metric, by: 'i', top: 2 })).series.map(({ labels }) => labels.i)).toEqual([
      '1000',
      '999',
    ]);
    await expect(ask({ metric, step: '1s', start: 'now-1d' })).rejects.toMatchObject({
      code: 'too_many_points',
    });
    await expect(ask({ metric: 'nobody_sent_this' })).rejects.toMatchObject({ code: 'unknown_metric' });
    await expect(ask({ metric, match: '{a=~"("}' })).rejects.toMatchObject({ code: 'bad_parameter' });
  });

  it('shows a commit to whoever asks after it, however many ask at once', async () => {
    const node = await nodes.start({ windowMs: 1 });
    const metric = freshMetric();
    const timestamp = nodes.server.clock.now() - MINUTE;
    for (let round = 1; round <= 5; round++) {
      await node.write({ name: metric, labels: { round: `${round}` }, timestamp, value: 1 });
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ask({ metric, aggregate: 'count' })),
      );
      for (const { series } of answers) expect(series[0].points[0][1]).toBe(round);
    }
  });
});
