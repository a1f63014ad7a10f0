import { gzipSync } from 'node:zlib';
import mqtt, { type IClientPublishOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Mosquitto, startMosquitto } from '../support/mosquitto';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

let database: TestDatabase;
let wire: TcpProxy;
let broker: Mosquitto;
let sender: MqttClient;
const servers: ServerProcess[] = [];
const dead: IPublishPacket[] = [];
const LONG_MS = 90_000;

beforeAll(async () => {
  database = await createTestDatabase();
  wire = await startTcpProxy(Number(new URL(database.url).port));
  broker = await startMosquitto();
  sender = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 100, keepalive: 300 });
  sender.on('message', (_topic, _payload, packet) => void dead.push(packet));
  await sender.subscribeAsync('+/+/dead', { qos: 1 });
});
afterEach(async () => {
  wire.heal();
  broker.thaw();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
afterAll(async () => {
  sender?.end(true);
  await broker?.close();
  await wire?.close();
  await database?.drop();
});

/** A node that reads what is below a topic. */
async function startNode(topic: string, more: Record<string, string> = {}): Promise<ServerProcess> {
  const url = new URL(database.url);
  url.port = String(wire.port);
  const topics = {
    MQTT_SAMPLES_TOPIC: `${topic}/#`,
    MQTT_EVENTS_TOPIC: `${topic}-events`,
    MQTT_GROUP: topic,
  };
  const env = { DATABASE_URL: url.toString(), MQTT_URL: broker.url, MAX_BODY_BYTES: '1MiB', ...topics };
  const server = await startBareNode({ ...env, ...more });
  servers.push(server);
  await until(async () => expect(await figure(server, 'connected')).toBe(1));
  return server;
}

async function figure(server: ServerProcess, name: string): Promise<number> {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^pulseboard_broker_${name}\\{broker="mqtt"\\} (\\S+)`, 'm').exec(figures)?.[1]);
}

const now = Date.now();
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const sample = (name: string, i: number) => JSON.stringify({ name, value: i, timestamp: now - i });
const valuesOf = async (name: string) =>
  (await storedSamples(database.url, name)).map(({ value }) => value).sort((a, b) => a - b);
const untilStored = (name: string, count: number) =>
  until(async () => expect(await valuesOf(name)).toEqual(upTo(count)), LONG_MS, 100);
const send = (
  topic: string,
  payload: string | Buffer,
  properties: IClientPublishOptions['properties'] = {},
) => sender.publishAsync(topic, payload, { qos: 1, properties });
const sendSamples = (topic: string, name: string, count: number, from = 0) =>
  Promise.all(upTo(count).map((i) => send(topic, sample(name, from + i))));

test('bodies of every shape are stored, and poison between them is put aside with the reason', async () => {
  const server = await startNode('shapes');
  const topic = 'shapes/a';
  const gzipped = { userProperties: { 'content-encoding': 'gzip' } };
  await send(topic, sample('mqtt_shape', 0));
  await send(topic, `${sample('mqtt_shape', 1)}\n${sample('mqtt_shape', 2)}`);
  await send(topic, 'garbage', { userProperties: { origin: 'a test' } });
  await send(topic, gzipSync(sample('mqtt_shape', 3)), gzipped);
  await send(topic, gzipSync(Buffer.alloc(300 * 2 ** 20, ' ')), gzipped);
  await send(topic, Buffer.alloc(100_000_000, ' '));
  await send(topic, Buffer.from([0xff, 0x00]));
  await send(topic, JSON.stringify([{ name: 'bad name', value: 1 }, JSON.parse(sample('mqtt_shape', 4))]));
  await send('shapes-events', JSON.stringify({ service: 'mqtt', endpoint: 'GET /', message: 'one' }));
  await send(topic, sample('mqtt_shape', 5), { contentType: 'application/json' });
  await untilStored('mqtt_shape', 6);
  await until(() => expect(dead).toHaveLength(5), LONG_MS);
  const reasons = dead.map(({ properties }) => properties?.userProperties?.['pulseboard-error']);
  expect(reasons.sort()).toEqual(['bad_body', 'bad_json', 'bad_name', 'body_too_large', 'body_too_large']);
  const garbage = dead.find(({ payload }) => String(payload) === 'garbage');
  expect(garbage?.topic).toBe('shapes/a/dead');
  expect(garbage?.properties?.userProperties).toMatchObject({ origin: 'a test' });
  await until(async () => expect(await figure(server, 'messages_stored_total')).toBe(5));
  expect(await figure(server, 'messages_dead_total')).toBe(5);
  const sql = postgres(database.url, { max: 1 });
  const [{ count }] = await sql`select count(*)::int from events where service = 'mqtt'`;
  await sql.end();
  expect(count).toBe(1);
});

test('what is sent while a node is away, and what it was given when it was killed, comes when it is back', async () => {
  const id = { MQTT_CLIENT_ID: 'comes-back' };
  const doomed = await startNode('killed', id);
  await sendSamples('killed/a', 'mqtt_killed', 50);
  await untilStored('mqtt_killed', 50);
  wire.swallow();
  await sendSamples('killed/a', 'mqtt_killed', 100, 50);
  await until(async () => expect(await figure(doomed, 'messages_stored_total')).toBe(50));
  doomed.signal('SIGKILL');
  await doomed.exited;
  await sendSamples('killed/a', 'mqtt_killed', 100, 150);
  wire.heal();
  await startNode('killed', id);
  await untilStored('mqtt_killed', 250);
});

test('two nodes share what is sent', async () => {
  const nodes = [
    await startNode('shared', { MQTT_CLIENT_ID: 'shared-1' }),
    await startNode('shared', { MQTT_CLIENT_ID: 'shared-2' }),
  ];
  await sendSamples('shared/a', 'mqtt_shared', 500);
  await untilStored('mqtt_shared', 500);
  const taken = await Promise.all(nodes.map((node) => figure(node, 'messages_stored_total')));
  expect(Math.min(...taken)).toBeGreaterThan(0);
  expect(taken[0] + taken[1]).toBe(500);
});

test('while the database hangs messages stay at the broker, longer than a ping may take', async () => {
  const server = await startNode('hanging');
  wire.swallow();
  await sendSamples('hanging/a', 'mqtt_hanging', 300);
  await new Promise((resolve) => setTimeout(resolve, 40_000));
  expect(await figure(server, 'messages_stored_total')).toBe(0);
  wire.heal();
  await untilStored('mqtt_hanging', 300);
});

test('a broker that freezes, or is started again, is waited for', async () => {
  const server = await startNode('away', { MQTT_CLIENT_ID: 'away' });
  await sendSamples('away/a', 'mqtt_away', 10);
  await untilStored('mqtt_away', 10);
  broker.freeze();
  await until(async () => expect(await figure(server, 'connected')).toBe(0), LONG_MS);
  broker.thaw();
  await sendSamples('away/a', 'mqtt_away', 10, 10);
  await untilStored('mqtt_away', 20);
  await broker.stop();
  await until(async () => expect(await figure(server, 'connected')).toBe(0), LONG_MS);
  expect((await fetch(`${server.url}/api/ready`)).status).toBe(200);
  await broker.start();
  // Of its sessions mosquitto 2.0 forgets shared subscriptions: what came before the node is back had no subscriber.
  await until(async () => expect(await figure(server, 'connected')).toBe(1));
  await sendSamples('away/a', 'mqtt_away', 10, 20);
  await untilStored('mqtt_away', 30);
});
