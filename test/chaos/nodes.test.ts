import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type RedisServer, startRedis } from '../support/redis';
import { rest, Scene } from '../support/scene';
import { startBareNode } from '../support/server-process';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

/** Three nodes with one database and one Redis. */
let database: TestDatabase;
let redis: RedisServer;
let wire: TcpProxy;
let scene: Scene;

const startNode = (redisUrl: string) =>
  startBareNode({ DATABASE_URL: database.url, REDIS_URL: redisUrl, RING_MINUTES: '2' });

beforeAll(async () => {
  database = await createTestDatabase();
  redis = await startRedis();
  wire = await startTcpProxy(redis.port);
  // Only the first node's wire to Redis can be cut.
  const urls = [`redis://127.0.0.1:${wire.port}`, redis.url, redis.url];
  scene = new Scene({ databaseUrl: database.url, nodes: await Promise.all(urls.map(startNode)) });
  await scene.open();
}, 120_000);

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
    expect(scene.viewers.map(({ connects }) => connects)).toEqual(scene.viewers.map(() => 1));
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
