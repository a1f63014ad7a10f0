import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventsAnswer } from '@/lib/model/wire/events';
import type { Engine } from '@/lib/store/store';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type RedisServer, startRedis } from '../support/redis';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { eventsClient } from './client';

/** What is promised of events, asked of two nodes on one database of this engine. */
export function eventsCases(engine: Engine, server?: string): void {
  describe(`events, ${engine}`, () => {
    let database: TestDatabase;
    let redis: RedisServer;
    let nodes: ServerProcess[];
    let a: ReturnType<typeof eventsClient>;
    let b: ReturnType<typeof eventsClient>;
    let services = 0;
    const freshService = () => `service-${services++}`;

    beforeAll(async () => {
      database = await createTestDatabase(server);
      redis = await startRedis();
      const env = { DATABASE_URL: database.url, STORE_ENGINE: engine, REDIS_URL: redis.url };
      nodes = await Promise.all([startBareNode(env), startBareNode(env)]);
      [a, b] = nodes.map(({ url }) => eventsClient(url));
    });
    afterAll(async () => {
      await Promise.all((nodes ?? []).map((node) => node.stop()));
      await redis?.close();
      await database?.drop();
    });

    test('what was sent is read back, and is counted by service and endpoint', async () => {
      const service = freshService();
      const timestamp = Date.now() - 30_000;
      const sent = {
        timestamp,
        level: 'WARNING',
        service,
        endpoint: 'GET /users/123?page=2',
        message: 'slow — 漢字',
        duration: 812.5,
        status: 503,
        host: 'web-1',
        traceId: 'abc',
        user: { plan: 'pro', tags: ['x', null, 1.5] },
      };
      const quiet = { timestamp: timestamp + 1, service, message: 'started' };
      expect(await a.accepted([sent, quiet])).toEqual({ accepted: 2, duplicates: 0, rejected: 0 });
      const { events, next } = await b.list({ service });
      expect(next).toBeNull();
      expect(events).toMatchObject([
        { timestamp: timestamp + 1, level: 'info', message: 'started', endpoint: null, fields: {} },
        {
          timestamp,
          level: 'warn',
          service,
          endpoint: 'GET /users/:id',
          path: 'GET /users/123?page=2',
          message: 'slow — 漢字',
          duration: 812.5,
          status: 503,
          host: 'web-1',
          traceId: 'abc',
          fields: { user: { plan: 'pro', tags: ['x', null, 1.5] } },
        },
      ]);
      const labels = { service, endpoint: 'GET /users/:id' };
      const by = 'service,endpoint';
      for (const client of [a, b]) {
        await client.untilFigures('request_count', { aggregate: 'sum,count', service, by }, [
          { labels, values: [1, 1] },
        ]);
        await client.untilFigures('error_rate', { aggregate: 'avg', service, by }, [{ labels, values: [1] }]);
        await client.untilFigures('response_time', { aggregate: 'p50,p99,max', service, by }, [
          { labels, values: [812.5, 812.5, 812.5] },
        ]);
      }
    });

    test('events of one millisecond do not overwrite each other, on one node or two', async () => {
      const service = freshService();
      const timestamp = Date.now() - 60_000;
      const body = (node: number, part: number) =>
        Array.from({ length: 300 }, (_, i) => ({
          timestamp,
          service,
          endpoint: '/pay',
          status: i % 10 === 0 ? 500 : 200,
          duration: node * 1_200 + part * 300 + i,
        }));
      const posts = [a, b].flatMap((client, node) =>
        [0, 1, 2, 3].map((part) => client.accepted(body(node, part))),
      );
      for (const answer of await Promise.all(posts))
        expect(answer).toEqual({ accepted: 300, duplicates: 0, rejected: 0 });
      // 0 … 2399, each once; percentiles are linear between closest ranks.
      const figures = [2_400, (2_399 * 2_400) / 2, 0.5, 0.95, 0.99].map((value) =>
        value < 1 ? expect.closeTo(value * 2_399) : value,
      );
      const all = { labels: {} };
      for (const client of [a, b]) {
        await client.untilFigures('request_count', { aggregate: 'sum', service }, [
          { ...all, values: [2_400] },
        ]);
        await client.untilFigures('response_time', { aggregate: 'count,sum,p50,p95,p99', service }, [
          { ...all, values: figures },
        ]);
        await client.untilFigures('error_rate', { aggregate: 'avg', service }, [
          { ...all, values: [expect.closeTo(0.1)] },
        ]);
      }
    });

    test('an event with an id is stored and counted once, wherever it is sent, in parallel too', async () => {
      const service = freshService();
      const timestamp = Date.now() - 5_000;
      const body = Array.from({ length: 200 }, (_, i) => ({
        id: `${service}-${i}`,
        timestamp: timestamp + (i % 3),
        service,
        endpoint: '/once',
        duration: i,
      }));
      const answers = await Promise.all([a, b, a, b].map((client) => client.accepted([...body, body[0]])));
      expect(answers.map(({ accepted }) => accepted)).toEqual([201, 201, 201, 201]);
      expect(answers.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(4 * 201 - 200);
      for (const client of [a, b])
        await client.untilFigures('response_time', { aggregate: 'count,sum', service }, [
          { labels: {}, values: [200, (199 * 200) / 2] },
        ]);
      expect((await a.list({ service, limit: '1000' })).events).toHaveLength(200);
    });

    test('a body with an Idempotency-Key counts once; without one, twice', async () => {
      const service = freshService();
      const body = [1, 2].map(() => ({ service, endpoint: '/body', duration: 5, timestamp: Date.now() }));
      const key = { 'idempotency-key': `${service}-body` };
      await a.accepted(body, key);
      expect(await b.accepted(body, key)).toEqual({ accepted: 2, duplicates: 2, rejected: 0 });
      const lines = body.map((event) => JSON.stringify(event)).join('\n');
      expect(await b.accepted(lines, { ...key, 'content-type': 'application/x-ndjson' })).toMatchObject({
        duplicates: 2,
      });
      await a.accepted(body);
      for (const client of [a, b])
        await client.untilFigures('request_count', { aggregate: 'sum', service }, [
          { labels: {}, values: [4] },
        ]);
    });

    test('pages go back to the oldest, and filters hold', async () => {
      const service = freshService();
      const timestamp = Date.now() - 10_000;
      const body = Array.from({ length: 250 }, (_, i) => ({
        timestamp: timestamp + Math.floor(i / 10),
        level: i % 5 === 0 ? 'error' : 'info',
        service,
        endpoint: i % 2 ? '/a' : '/b',
        host: `web-${i % 3}`,
        message: `number ${i} of 100%_`,
      }));
      await a.accepted(body);
      const seen: EventsAnswer['events'] = [];
      let before = '';
      do {
        const page: EventsAnswer = await b.list({ service, limit: '70', before });
        seen.push(...page.events);
        before = page.next ?? '';
      } while (before !== '');
      expect(seen.map(({ message }) => Number(message.split(' ')[1])).sort((x, y) => x - y)).toEqual(
        body.map((_, i) => i),
      );
      expect(seen.map((event) => event.timestamp)).toEqual(
        seen.map((event) => event.timestamp).sort((x, y) => y - x),
      );
      const count = async (filter: Record<string, string>) =>
        (await a.list({ service, limit: '1000', ...filter })).events.length;
      expect(await count({ level: 'error,fatal' })).toBe(50);
      expect(await count({ level: 'debug' })).toBe(0);
      expect(await count({ host: 'web-1' })).toBe(83);
      expect(await count({ endpoint: '/a' })).toBe(125);
      expect(await count({ q: 'NUMBER 24' })).toBe(11);
      expect(await count({ q: '100%_' })).toBe(250);
      expect(await count({ q: '10_%' })).toBe(0);
      expect(await count({ from: String(timestamp + 24) })).toBe(10);
      expect(await count({ to: String(timestamp + 1) })).toBe(10);
    });

    test('a page that is open on one node hears of events that were sent to the other', async () => {
      const service = freshService();
      const stream = await fetch(`${b.url}/api/live?topic=events`);
      const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
      await a.accepted([{ service, message: 'news' }]);
      let text = '';
      while (!/event: topic\ndata: .*"topic":"events"/.test(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended: ${text}`);
        text += value;
      }
      await reader.cancel();
      expect((await b.list({ service })).events).toMatchObject([{ message: 'news' }]);
    });

    test('what can never be taken is refused in the shape of all errors, and what can is stored', async () => {
      const service = freshService();
      const now = Date.now();
      const { accepted, errors } = await a.accepted([
        { service, message: 'good' },
        { service, message: 'old', timestamp: now - 25 * 3_600_000 },
        { service, message: 'early', timestamp: now + 11 * 60_000 },
        { service, message: 'of 1970', timestamp: 5 },
        { service, message: 'far', timestamp: 2 ** 53 },
        { service, message: 'backwards', timestamp: -(2 ** 53) },
        { service, message: 'negative', duration: -1 },
        7,
      ]);
      expect(accepted).toBe(1);
      expect(errors!.map(({ index, code }) => [index, code])).toEqual([
        [1, 'too_old'],
        [2, 'in_future'],
        [3, 'too_old'],
        [4, 'in_future'],
        [5, 'too_old'],
        [6, 'bad_duration'],
        [7, 'bad_event'],
      ]);
      expect((await b.list({ service })).events).toHaveLength(1);
      for (const [body, status, headers] of [
        ['{', 400],
        ['7', 400],
        ['[{}]', 400],
        ['['.repeat(1_000_000), 400],
        [`[${'{},'.repeat(10_001)}{}]`, 413],
        ['{"message":"x"}', 415, { 'content-type': 'text/plain' }],
        ['{"message":"x"}', 415, { 'content-encoding': 'rot13' }],
        ['{"message":"x"}', 400, { 'content-encoding': 'gzip' }],
        ['{"message":"x"}', 400, { 'idempotency-key': 'k'.repeat(129) }],
      ] as Array<[string, number, Record<string, string>?]>) {
        const response = await a.post(body, headers);
        expect([response.status, body.slice(0, 20)]).toEqual([status, body.slice(0, 20)]);
        expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
      }
      for (const wrong of [
        'level=loud',
        'limit=0',
        'limit=1001',
        'before=x',
        'from=yesterday',
        'who=me',
        'q=%00',
      ])
        expect((await fetch(`${a.url}/api/events?${wrong}`)).status, wrong).toBe(400);
    });

    test('lines are taken as they stream in; a bad one stands for itself', async () => {
      const service = freshService();
      const lines = [
        JSON.stringify({ service, message: 'a' }),
        'no json',
        '',
        JSON.stringify([{ service, message: 'b' }, { service }, { service, message: 'c' }]),
      ];
      const { accepted, errors } = await b.accepted(lines.join('\n'), {
        'content-type': 'application/x-ndjson',
      });
      expect(accepted).toBe(3);
      expect(errors!.map(({ index, code }) => [index, code])).toEqual([
        [1, 'bad_event'],
        [3, 'bad_event'],
      ]);
    });
  });
}
