import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '@/lib/store/store';
import { type KillablePostgres, startKillablePostgres } from '../support/killable-postgres';
import { until } from '../support/processes';
import { type RedisServer, startRedis } from '../support/redis';
import { figureOf, rest, Scene } from '../support/scene';
import { startBareNode } from '../support/server-process';
import { askHistory } from '../support/viewer';

/** Two nodes whose database goes away, and comes back. */
export function databaseChaos(engine: Engine): void {
  let database: KillablePostgres;
  let redis: RedisServer;
  let scene: Scene;

  beforeAll(async () => {
    [database, redis] = await Promise.all([startKillablePostgres(engine), startRedis()]);
    const env = { DATABASE_URL: database.url, STORE_ENGINE: engine, REDIS_URL: redis.url, RING_MINUTES: '2' };
    const nodes = await Promise.all([startBareNode(env), startBareNode(env)]);
    scene = new Scene({ databaseUrl: database.url, nodes });
    await scene.open();
  });

  afterAll(async () => {
    await scene?.close();
    await redis?.close();
    await database?.close();
  });

  const CASE_MS = 150_000;
  const WRITE_BREAKER = 'pulseboard_breaker_state{name="database_write"}';
  const OPENED = 'pulseboard_breaker_opened_total{name="database_write"}';

  test(
    'the database is killed: writes are refused with an honest time, reads come from memory and Redis and say so',
    async () => {
      await rest(3_000);
      const hour = 3_600_000;
      const longAgo = Math.floor(Date.now() / hour) * hour - 3 * hour;
      const past = { metric: 'past', start: String(longAgo), end: String(longAgo + hour), step: 'minute' };
      await fetch(`${scene.urls[0]}/api/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'past', timestamp: longAgo, value: 7 }),
      });
      await until(async () => expect((await askHistory(scene.urls[0], past)).tier).toBe('cache'));
      await database.kill();
      await until(async () => expect(await figureOf(scene.urls[0], WRITE_BREAKER)).toBeGreaterThan(0));

      const startedAt = Date.now();
      const refused = await fetch(`${scene.urls[0]}/api/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'cpu_usage_percent', labels: { host: 'host-0' }, value: 1 }),
      });
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ error: { code: 'database_unavailable' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Date.now() - startedAt).toBeLessThan(6_000);

      const question = { metric: 'cpu_usage_percent', start: 'now-10m', end: 'now', step: '1s', by: 'host' };
      const answer = await askHistory(scene.urls[0], question);
      expect(answer).toMatchObject({ degraded: { reason: 'database_unavailable' } });
      expect(['ring', 'cache']).toContain(answer.tier);
      expect(answer.series.length).toBeGreaterThan(0);
      expect(await askHistory(scene.urls[0], past)).toMatchObject({
        tier: 'cache',
        degraded: { reason: 'database_unavailable' },
        series: [{ points: [[longAgo, 7]] }],
      });
      await scene.untilEveryoneIs('degraded');

      await database.start();
      await scene.untilEveryoneIs('live', 60_000);
      for (const url of scene.urls) {
        await until(async () => expect(await figureOf(url, WRITE_BREAKER)).toBe(0));
        expect(await figureOf(url, OPENED)).toBeGreaterThan(0);
      }
      await scene.expectTruth();
    },
    CASE_MS,
  );

  test(
    'commits take seconds',
    async () => {
      await scene.goOn();
      const sql = postgres(database.url, { max: 1 });
      for (let i = 0; i < 3; i++) {
        await sql.begin(async (lock) => {
          await lock`lock table samples in exclusive mode`;
          await rest(2_500);
        });
        await rest(500);
      }
      await sql.end();
      await scene.expectTruth();
    },
    CASE_MS,
  );
}
