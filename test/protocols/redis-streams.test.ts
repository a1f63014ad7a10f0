import { gzipSync } from 'node:zlib';
import { createClient, RESP_TYPES } from '@redis/client';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type RedisServer, startRedis } from '../support/redis';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

let database: TestDatabase;
let wire: TcpProxy;
let redis: RedisServer;
let client: ReturnType<typeof connect>;
const servers: ServerProcess[] = [];
const LONG_MS = 60_000;

function connect() {
  const made = createClient({ url: redis.url });
  // It comes back by itself.
  made.on('error', () => undefined);
  return made.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: String });
}

beforeAll(async () => {
  database = await createTestDatabase();
  wire = await startTcpProxy(Number(new URL(database.url).port));
  redis = await startRedis();
  client = connect();
  await client.connect();
});
afterEach(async () => {
  wire.heal();
  redis.thaw();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  client?.destroy();
  await redis?.close();
  await wire?.close();
  await database?.drop();
});

async function startNode(stream: string, more: Record<string, string> = {}): Promise<ServerProcess> {
  const url = new URL(database.url);
  url.port = String(wire.port);
  const streams = { REDIS_SAMPLES_STREAM: stream, REDIS_EVENTS_STREAM: `${stream}-events` };
  const server = await startBareNode({
    DATABASE_URL: url.toString(),
    REDIS_URL: redis.url,
    MAX_BODY_BYTES: '1MiB',
    ...streams,
    ...more,
  });
  servers.push(server);
  return server;
}

const now = Date.now();
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const sample = (name: string, i: number) => JSON.stringify({ name, value: i, timestamp: now - i });
const valuesOf = async (name: string) =>
  (await storedSamples(database.url, name)).map(({ value }) => value).sort((a, b) => a - b);
type Fields = Record<string, string | Buffer>;
const add = (stream: string, fields: Fields) => client.xAdd(stream, '*', fields);
async function addSamples(stream: string, name: string, count: number, from = 0): Promise<void> {
  await Promise.all(upTo(count).map((i) => add(stream, { body: sample(name, from + i) })));
}

/** Entries that were not given to a node, or not acknowledged by it. */
async function waiting(stream: string, group = 'pulseboard'): Promise<number> {
  const groups = await client.xInfoGroups(stream);
  const ours = groups.find(({ name }) => String(name) === group);
  if (!ours) throw new Error(`${stream} has no group ${group}`);
  return Number(ours.lag) + Number(ours.pending);
}
const untilTaken = (stream: string, group?: string) =>
  until(async () => expect(await waiting(stream, group)).toBe(0), LONG_MS);

async function figure(server: ServerProcess, name: string): Promise<number> {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^pulseboard_broker_${name}\\{broker="redis"\\} (\\S+)`, 'm').exec(figures)?.[1]);
}

test('bodies of every shape are stored, and poison between them is put aside with the reason', async () => {
  const stream = 'shapes';
  const server = await startNode(stream);
  const entries: Fields[] = [
    { body: sample('redis_shape', 0) },
    { body: `${sample('redis_shape', 1)}\n${sample('redis_shape', 2)}` },
    { body: gzipSync(sample('redis_shape', 3)), 'content-encoding': 'gzip' },
    { body: 'garbage' },
    { wrong: 'field' },
    { body: gzipSync(Buffer.alloc(300 * 2 ** 20, ' ')), 'content-encoding': 'gzip' },
    { body: Buffer.alloc(100 * 2 ** 20, ' ') },
    { body: JSON.stringify([{ name: 'bad name', value: 1 }, JSON.parse(sample('redis_shape', 4))]) },
    { body: sample('redis_shape', 5), 'content-type': 'application/json' },
  ];
  for (const fields of entries) await add(stream, fields);
  await untilTaken(stream);
  expect(await valuesOf('redis_shape')).toEqual(upTo(6));
  const dead = (await client.xRange(`${stream}.dead`, '-', '+')) ?? [];
  const reasons = dead.map(({ message }) => String(message['pulseboard-error']));
  expect(reasons.sort()).toEqual(['bad_json', 'bad_json', 'bad_name', 'body_too_large', 'body_too_large']);
  expect(dead.map(({ message }) => String(message.body))).toContain('garbage');
  expect(await figure(server, 'messages_dead_total')).toBe(5);
  expect(await figure(server, 'messages_stored_total')).toBe(4);
  expect(await figure(server, 'connected')).toBe(1);
});

test('what another group reads again changes nothing: events without an id are stored once, too', async () => {
  const stream = 'again';
  await addSamples(stream, 'redis_again', 300);
  await add(stream, { body: JSON.stringify({ name: 'redis_timeless', value: 1 }) });
  for (const i of upTo(50))
    await add(`${stream}-events`, {
      body: JSON.stringify({ service: 'redis', endpoint: 'GET /', message: `${i}` }),
    });
  const first = await startNode(stream);
  for (const each of [stream, `${stream}-events`]) await untilTaken(each);
  await first.stop();
  const second = await startNode(stream, { REDIS_GROUP: 'another' });
  for (const each of [stream, `${stream}-events`]) await untilTaken(each, 'another');
  expect(await figure(second, 'messages_stored_total')).toBe(351);
  expect(await valuesOf('redis_again')).toEqual(upTo(300));
  expect(await valuesOf('redis_timeless')).toEqual([1]);
  const sql = postgres(database.url, { max: 1 });
  const [{ count }] = await sql`select count(*)::int from events where service = 'redis'`;
  await sql.end();
  expect(count).toBe(50);
});

test('what a node was given that was killed, another takes over', async () => {
  const stream = 'left';
  const doomed = await startNode(stream);
  wire.swallow();
  await addSamples(stream, 'redis_left', 150);
  await until(async () => expect((await client.xPending(stream, 'pulseboard')).pending).toBeGreaterThan(0));
  doomed.signal('SIGKILL');
  await doomed.exited;
  wire.heal();
  expect(await waiting(stream)).toBe(150);
  await startNode(stream);
  await untilTaken(stream);
  expect(await valuesOf('redis_left')).toEqual(upTo(150));
});

test('two nodes share a stream; while the database hangs, entries wait in Redis', async () => {
  const stream = 'shared';
  const nodes = [await startNode(stream), await startNode(stream)];
  let sent = 0;
  await until(async () => {
    await addSamples(stream, 'redis_shared', 200, sent);
    sent += 200;
    for (const node of nodes) expect(await figure(node, 'messages_stored_total')).toBeGreaterThan(0);
  }, LONG_MS);
  await untilTaken(stream);
  wire.swallow();
  await addSamples(stream, 'redis_shared', 1_000, sent);
  sent += 1_000;
  await until(async () => expect((await client.xPending(stream, 'pulseboard')).pending).toBeGreaterThan(0));
  // Longer than until the one takes the other for gone.
  await new Promise((resolve) => setTimeout(resolve, 17_000));
  // A portion of each, and what the one has of the other's.
  expect((await client.xPending(stream, 'pulseboard')).pending).toBeLessThanOrEqual(400);
  expect(await waiting(stream)).toBe(1_000);
  wire.heal();
  await untilTaken(stream);
  expect(await valuesOf('redis_shared')).toEqual(upTo(sent));
});

test('a Redis that freezes, or comes back without what it had, is waited for', async () => {
  const stream = 'away';
  const server = await startNode(stream);
  await addSamples(stream, 'redis_away', 10);
  await untilTaken(stream);
  redis.freeze();
  await until(async () => expect(await figure(server, 'connected')).toBe(0), LONG_MS);
  redis.thaw();
  await addSamples(stream, 'redis_away', 10, 10);
  await untilTaken(stream);
  await redis.kill();
  await until(async () => expect(await figure(server, 'connected')).toBe(0), LONG_MS);
  expect((await fetch(`${server.url}/api/ready`)).status).toBe(200);
  await redis.start();
  await until(() => addSamples(stream, 'redis_away', 10, 20));
  await untilTaken(stream);
  expect(await valuesOf('redis_away')).toEqual(upTo(30));
});
