import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { committed, type KafkaCluster, sendMessages, startKafka } from '../support/kafka';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

/** What is in trouble in each of these is real but for the cluster: see `test/support/kafka.ts`. */
let database: TestDatabase;
let wire: TcpProxy;
let kafka: KafkaCluster;
const servers: ServerProcess[] = [];
const LONG_MS = 60_000;
const END_AT_OFFSET_COMMIT = fileURLToPath(new URL('../support/end-at-offset-commit.cjs', import.meta.url));

beforeAll(async () => {
  database = await createTestDatabase();
  wire = await startTcpProxy(Number(new URL(database.url).port));
  kafka = await startKafka();
});
afterEach(async () => {
  wire.heal();
  kafka.thaw();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  await kafka?.close();
  await wire?.close();
  await database?.drop();
});

/** A node that reads a topic of this name. */
async function startNode(topic: string, more: Record<string, string> = {}): Promise<ServerProcess> {
  const url = new URL(database.url);
  url.port = String(wire.port);
  const names = { KAFKA_SAMPLES_TOPIC: topic, KAFKA_EVENTS_TOPIC: `${topic}-events`, KAFKA_GROUP: topic };
  const env = { DATABASE_URL: url.toString(), KAFKA_BROKERS: kafka.brokers, ...names, ...more };
  const server = await startBareNode(env);
  servers.push(server);
  return server;
}

async function figure(server: ServerProcess, name: string): Promise<number> {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^pulseboard_broker_${name}\\{broker="kafka"\\} (\\S+)`, 'm').exec(figures)?.[1]);
}

const start = Date.now();
const samples = (name: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ name, value: from + i, timestamp: start - from - i }),
  );
const valuesOf = async (name: string) =>
  (await storedSamples(database.url, name)).map(({ value }) => value).sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const send = (topic: string, messages: string[]) => sendMessages(kafka.brokers, topic, messages);
const untilCommitted = (topic: string, count: number) =>
  until(async () => expect(await committed(kafka.admin, topic, topic)).toBe(count), LONG_MS);

test('killed between our commit and that of the offset, nothing is stored twice or lost', async () => {
  const topic = 'killed-between';
  // Without a time of its own: the broker's has to do.
  const timeless = JSON.stringify({ name: 'killed_timeless', value: 1 });
  await send(topic, [...samples('killed', 300), timeless]);
  const doomed = await startNode(topic, { NODE_OPTIONS: `--require ${END_AT_OFFSET_COMMIT}` });
  expect(await doomed.exited).toBe(null);
  expect((await valuesOf('killed')).length).toBeGreaterThan(0);
  expect(await committed(kafka.admin, topic, topic)).toBe(0);

  await startNode(topic);
  await untilCommitted(topic, 301);
  expect(await valuesOf('killed')).toEqual(upTo(300));
  expect(await valuesOf('killed_timeless')).toEqual([1]);
});

test('what another group reads again changes nothing: events without an id are stored once, too', async () => {
  const topic = 'again';
  const eventsTopic = `${topic}-events`;
  await startNode(topic);
  await send(topic, samples('again', 300));
  const events = upTo(50).map((i) =>
    JSON.stringify({ service: 'again', endpoint: 'GET /', message: `${i}` }),
  );
  await send(eventsTopic, events);
  const untilTaken = async (group: string) => {
    for (const [name, count] of [
      [topic, 300],
      [eventsTopic, 50],
    ] as const)
      await until(async () => expect(await committed(kafka.admin, group, name)).toBe(count), LONG_MS);
  };
  await untilTaken(topic);
  const again = await startNode(topic, { KAFKA_GROUP: 'another' });
  await untilTaken('another');
  expect(await figure(again, 'messages_stored_total')).toBe(350);
  expect(await valuesOf('again')).toEqual(upTo(300));
  const sql = postgres(database.url, { max: 1 });
  const [{ count }] = await sql`select count(*)::int from events where service = 'again'`;
  await sql.end();
  expect(count).toBe(50);
  const counted = await storedSamples(database.url, 'request_count');
  expect(Math.max(...counted.map(({ value }) => value))).toBeLessThanOrEqual(50);
});

test('two nodes share the partitions; one leaves, one is killed, one comes: every message is stored once', async () => {
  const topic = 'rebalanced';
  const first = await startNode(topic);
  let sent = 0;
  const sendMore = async (count: number) => {
    await send(topic, samples('rebalanced', count, sent));
    sent += count;
  };
  await sendMore(500);
  const second = await startNode(topic);
  await sendMore(500);
  await until(async () => {
    await sendMore(20);
    for (const server of [first, second])
      expect(await figure(server, 'messages_stored_total')).toBeGreaterThan(0);
  }, LONG_MS);
  await first.stop();
  await sendMore(500);
  const third = await startNode(topic);
  await sendMore(500);
  second.signal('SIGKILL');
  await sendMore(500);
  await untilCommitted(topic, sent);
  expect(await valuesOf('rebalanced')).toEqual(upTo(sent));
  expect(await figure(third, 'messages_dead_total')).toBe(0);
});

test('a cluster that freezes is waited for', async () => {
  const topic = 'frozen';
  const server = await startNode(topic);
  await send(topic, samples('frozen', 100));
  await untilCommitted(topic, 100);
  kafka.freeze();
  await until(async () => expect(await figure(server, 'connected')).toBe(0), LONG_MS);
  expect((await fetch(`${server.url}/api/ready`)).status).toBe(200);
  kafka.thaw();
  await send(topic, samples('frozen', 100, 100));
  await untilCommitted(topic, 200);
  expect(await valuesOf('frozen')).toEqual(upTo(200));
});

test('while the database hangs messages stay at the broker, and the node stays in its group', async () => {
  const topic = 'hanging';
  const server = await startNode(topic);
  await send(topic, samples('hanging', 10));
  await untilCommitted(topic, 10);
  wire.swallow();
  const large = (from: number) =>
    JSON.stringify({
      labels: { pad: 'x'.repeat(200) },
      samples: upTo(100).map((i) => ({ name: 'hanging_large', value: i, timestamp: start - from - i })),
    });
  for (let from = 0; from < 20_000; from += 5_000)
    await send(
      topic,
      upTo(50).map((i) => large(from + 100 * i)),
    );
  await until(async () => expect(await figure(server, 'lag_messages')).toBeGreaterThan(0), LONG_MS);
  // Longer than the group waits for a node that says nothing.
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  expect(await committed(kafka.admin, topic, topic)).toBe(10);
  expect(await figure(server, 'connected')).toBe(1);
  wire.heal();
  await untilCommitted(topic, 210);
  expect(await storedSamples(database.url, 'hanging_large')).toHaveLength(20_000);
  expect(server.output()).not.toContain('no messages are pulled');
});

test('a broker that is not there yet is no reason not to start, nor is it for not stopping', async () => {
  const server = await startNode('absent', { KAFKA_BROKERS: '127.0.0.1:1' });
  expect((await fetch(`${server.url}/api/ready`)).status).toBe(200);
  await until(() => expect(server.output()).toContain('no messages are pulled for now'));
  expect(await figure(server, 'connected')).toBe(0);
  expect(await server.stop()).toBe(0);
});
