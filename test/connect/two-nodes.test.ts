import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Heard, listenForClients } from '../support/heard';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type RedisServer, startRedis } from '../support/redis';
import { type ServerProcess, startBareNode } from '../support/server-process';

let database: TestDatabase;
let redis: RedisServer;
let nodes: ServerProcess[];
let heard: Heard;
beforeAll(async () => {
  database = await createTestDatabase();
  redis = await startRedis();
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url };
  nodes = await Promise.all([startBareNode(env), startBareNode(env)]);
});
afterAll(async () => {
  heard?.close();
  await Promise.all((nodes ?? []).map((node) => node.stop()));
  await redis?.close();
  await database?.drop();
});

async function send(node: ServerProcess, userAgent: string, samples: number): Promise<void> {
  const { status } = await fetch(`${node.url}/api/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(Array.from({ length: samples }, (_, i) => ({ name: `m_${i}`, value: 1 }))),
  });
  expect(status).toBe(200);
}

test('who looks at one node sees what arrives at the other: before, while, and after Redis was away', async () => {
  const [here, there] = nodes;
  await send(there, 'Before/1', 3);
  heard = listenForClients(here.url);
  await heard.samplesOf('Before', 'json', 3);
  await send(there, 'While/1', 4);
  await send(here, 'While/1', 5);
  expect(await heard.samplesOf('While', 'json', 9)).toBe(9);
  await redis.kill();
  await send(here, 'Alone/1', 1);
  await heard.samplesOf('Alone', 'json');
  await send(there, 'Away/1', 6);
  await redis.start();
  expect(await heard.samplesOf('Away', 'json', 6)).toBe(6);
});
