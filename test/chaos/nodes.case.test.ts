import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '@/lib/store/store';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type RedisServer, startRedis } from '../support/redis';
import { figureOf, rest, Scene } from '../support/scene';
import { startBareNode } from '../support/server-process';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { askHistory } from '../support/viewer';

/** Three nodes with one database, on the given server or the run's own, and one Redis. */
export function nodesChaos(engine: Engine, server?: string): void {
  let database: TestDatabase;
  let redis: RedisServer;
  let wire: TcpProxy;
  let scene: Scene;

  const startNode = (redisUrl: string) =>
    startBareNode({
      DATABASE_URL: database.url,
      STORE_ENGINE: engine,
      REDIS_URL: redisUrl,
      RING_MINUTES: '2',
    });

  beforeAll(async () => {
    database = await createTestDatabase(server);
    redis = await startRedis();
    wire = await startTcpProxy(redis.port);
    // Only the first node's wire to Redis can be cut.
    const urls = [`redis://127.0.0.1:${wire.port}`, redis.url, redis.url];
    scene = new Scene({ databaseUrl: database.url, nodes: await Promise.all(urls.map(startNode)) });
    await scene.open();
  });

  afterAll(async () => {
    await scene?.close();
    await wire?.close();
    await redis?.close();
    await database?.drop();
  });

  const CASE_MS = 120_000;

  test(
    'in peace: posted to any node, seen on every other, a resent body is a duplicate everywhere',
    async () => {
      await rest(3_000);
      const sample = { name: 'resent', labels: { host: 'a' }, timestamp: Date.now(), value: 1 };
      const answers = [];
      for (const url of scene.urls) {
        const response = await fetch(`${url}/api/metrics`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(sample),
        });
        answers.push(await response.json());
      }
      expect(answers.map(({ accepted, duplicates }) => [accepted, duplicates])).toEqual([
        [1, 0],
        [1, 1],
        [1, 1],
      ]);
      await scene.expectTruth();
      // A node that was held up for seconds while it asked for its database may have sent its viewers back, once.
      const resets = scene.viewers.map((viewer) => viewer.resets);
      expect(scene.viewers.map(({ connects }) => connects)).toEqual(resets.map((times) => 1 + times));
    },
    CASE_MS,
  );

  test(
    'answers about the past come from Redis, and a late sample given to one node is in the answer of another at once',
    async () => {
      const [a, b] = scene.urls;
      const hour = 3_600_000;
      const from = Math.floor(Date.now() / hour) * hour - 3 * hour;
      const question = { metric: 'late', step: 'minute', start: String(from), end: String(from + 2 * hour) };
      const post = async (url: string, ...samples: Array<[at: number, value: number]>) => {
        const response = await fetch(`${url}/api/metrics`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(samples.map(([timestamp, value]) => ({ name: 'late', timestamp, value }))),
        });
        expect(response.status).toBe(200);
      };
      const ask = async (url: string) => {
        const { tier, series } = await askHistory(url, question);
        return { tier, points: new Map(series[0].points.map(([t, value]) => [t, value])) };
      };
      await post(a, ...Array.from({ length: 120 }, (_, i): [number, number] => [from + i * 60_000, i]));
      const untilKept = (url: string) => until(async () => expect((await ask(url)).tier).toBe('cache'));
      for (let minute = 10; minute < 15; minute++) {
        await untilKept(b);
        await post(a, [from + minute * 60_000 + 1, 1_000]);
        expect((await ask(b)).points.get(from + minute * 60_000)).toBe((minute + 1_000) / 2);
      }
      // The same while the node that takes the sample cannot reach Redis; it answers as if nothing was, and soon.
      await untilKept(b);
      await untilKept(a);
      wire.swallow();
      await post(a, [from + 60 * 60_000 + 1, 1_000]);
      expect((await ask(b)).points.get(from + 60 * 60_000)).toBe(530);
      const beganAt = performance.now();
      for (let i = 0; i < 10; i++) expect((await ask(a)).points.get(from + 60 * 60_000)).toBe(530);
      expect(performance.now() - beganAt).toBeLessThan(10_000);
      const breaker = 'pulseboard_breaker_state{name="redis"}';
      await until(async () => expect(await figureOf(a, breaker)).toBeGreaterThan(0));
      expect(await figureOf(b, breaker)).toBe(0);
      wire.heal();
      await until(async () => expect(await figureOf(a, breaker)).toBe(0));
      await untilKept(a);
      expect(await figureOf(a, 'pulseboard_tier_cache_reads_total{result="unreachable"}')).toBeGreaterThan(0);
      expect(await figureOf(a, 'pulseboard_tier_hit_ratio{tier="cache"}')).toBeGreaterThan(0);
      await scene.untilEveryoneIs('live');
    },
    CASE_MS,
  );

  test(
    'Redis is killed and started again',
    async () => {
      await scene.goOn();
      await redis.kill();
      await scene.untilEveryoneIs('degraded');
      await rest(3_000);
      await redis.start();
      await scene.untilEveryoneIs('live');
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'the network between one node and Redis is cut, heals, swallows everything, heals',
    async () => {
      await scene.goOn();
      wire.cut();
      await rest(4_000);
      wire.heal();
      await rest(2_000);
      wire.swallow();
      await rest(6_000);
      wire.heal();
      await rest(1_000);
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'a node is killed with kill -9, and another one joins',
    async () => {
      await scene.goOn();
      const [victim] = scene.nodes.splice(1, 1);
      victim.signal('SIGKILL');
      await victim.exited;
      await rest(3_000);
      scene.nodes.push(await startNode(redis.url));
      await rest(2_000);
      await scene.expectTruth();
    },
    CASE_MS,
  );
}
