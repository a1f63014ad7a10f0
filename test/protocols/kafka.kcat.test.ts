import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { committed, type KafkaCluster, readMessages, sendMessages, startKafka } from '../support/kafka';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';

let database: TestDatabase;
let kafka: KafkaCluster;
let server: ServerProcess;
const GROUP = 'formats';
const SAMPLES = 'metrics';
const EVENTS = 'events';

beforeAll(async () => {
  database = await createTestDatabase();
  kafka = await startKafka();
  server = await startBareNode({
    DATABASE_URL: database.url,
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_SAMPLES_TOPIC: SAMPLES,
    KAFKA_EVENTS_TOPIC: EVENTS,
    KAFKA_GROUP: GROUP,
    MAX_BODY_BYTES: '1MiB',
  });
});
afterAll(async () => {
  await server?.stop();
  await kafka?.close();
  await database?.drop();
});

let sent = 0;
const send = async (messages: Array<string | Buffer>, options: Parameters<typeof sendMessages>[3] = {}) => {
  await sendMessages(kafka.brokers, SAMPLES, messages, options);
  sent += messages.length;
  await until(async () => expect(await committed(kafka.admin, GROUP, SAMPLES)).toBe(sent));
};
const now = Date.now();
const sample = (name: string, i: number) => ({ name, value: i, timestamp: now - i });
const valuesOf = async (name: string) =>
  (await storedSamples(database.url, name)).map(({ value }) => value).sort((a, b) => a - b);

test('bodies of every shape, spread over lines, as NDJSON, compressed: what was sent is stored', async () => {
  await send([
    JSON.stringify(sample('shape', 0)),
    JSON.stringify([sample('shape', 1), sample('shape', 2)], null, 2),
    JSON.stringify({ host: 'web-1', samples: [sample('shape', 3)] }),
    `${JSON.stringify(sample('shape', 4))}\n${JSON.stringify([sample('shape', 5)])}\n`,
  ]);
  await send([JSON.stringify(sample('shape', 6))], { headers: { 'Content-Type': 'application/x-ndjson' } });
  const gzipped = gzipSync(JSON.stringify(sample('shape', 7)));
  await send([gzipped], { headers: { 'content-encoding': 'gzip' } });
  expect(await valuesOf('shape')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test.each(['gzip', 'snappy', 'lz4'] as const)(
  'batches that are compressed with %s are read',
  async (compression) => {
    const name = `compressed_${compression}`;
    const messages = Array.from({ length: 3_000 }, (_, i) => JSON.stringify(sample(name, i)));
    await send(messages, { compression });
    expect(await valuesOf(name)).toEqual(messages.map((_, i) => i));
  },
);

test('a sample without a timestamp has the time of its message', async () => {
  const before = Date.now();
  await send([JSON.stringify({ name: 'timeless', value: 1 })]);
  const [{ timestamp }] = await storedSamples(database.url, 'timeless');
  expect(timestamp).toBeGreaterThanOrEqual(before);
  expect(timestamp).toBeLessThanOrEqual(Date.now());
});

test('events are stored, and what the rules make of them', async () => {
  const events = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({ service: 'shop', endpoint: 'GET /cart', duration: i, status: 200, message: `no ${i}` }),
  );
  await sendMessages(kafka.brokers, EVENTS, events);
  await until(async () => expect(await committed(kafka.admin, GROUP, EVENTS)).toBe(40));
  const answer = await fetch(`${server.url}/api/events?limit=100`);
  const { events: read } = (await answer.json()) as { events: Array<{ message: string }> };
  expect(new Set(read.map(({ message }) => message)).size).toBe(40);
});

test('poison in the middle of a batch is put aside with the reason; what is around it is stored', async () => {
  const messages = [
    JSON.stringify(sample('beside_poison', 0)),
    'no JSON',
    Buffer.from([0xff, 0xfe, 0x00, 0x7b]),
    JSON.stringify([sample('beside_poison', 1), { name: 'not a name!', value: 1 }]),
    JSON.stringify({ name: 'ancient', value: 1, timestamp: 1 }),
    '['.repeat(200_000),
    JSON.stringify(sample('beside_poison', 2)),
  ];
  await send(messages, { partition: 1, headers: { origin: 'a test' } });
  expect(await valuesOf('beside_poison')).toEqual([0, 1, 2]);
  const dead = await readMessages(kafka.brokers, `${SAMPLES}.dead`);
  const ofThese = dead.filter(({ headers }) => headers.origin === 'a test');
  const reasons = ofThese.map(({ headers }) => headers['pulseboard-error']);
  expect(reasons.sort()).toEqual(['bad_body', 'bad_json', 'bad_name', 'bad_shape', 'nothing_usable']);
  for (const { headers } of ofThese)
    expect(headers).toMatchObject({ 'pulseboard-topic': SAMPLES, 'pulseboard-partition': '1' });
  expect(ofThese.map(({ payload }) => payload)).toContain('no JSON');
});

test('a gzip bomb, an unknown encoding and a message of 4 MB are put aside', async () => {
  const origin = 'another test';
  const bomb = gzipSync(Buffer.alloc(300 * 2 ** 20, ' '));
  await send([bomb], { headers: { origin, 'content-encoding': 'gzip' } });
  await send(['[]'], { headers: { origin, 'content-encoding': 'lzma' } });
  await send([Buffer.alloc(4_000_000, ' ')], { headers: { origin } });
  await send([JSON.stringify(sample('after_bombs', 0))]);
  expect(await valuesOf('after_bombs')).toEqual([0]);
  const dead = await readMessages(kafka.brokers, `${SAMPLES}.dead`);
  const reasons = dead
    .filter(({ headers }) => headers.origin === origin)
    .map(({ headers }) => headers['pulseboard-error']);
  expect(reasons.sort()).toEqual(['body_too_large', 'body_too_large', 'unsupported_encoding']);
});

test('the figures say what became of the messages, and how many wait', async () => {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const figure = (name: string) =>
    Number(new RegExp(`^${name}\\{broker="kafka"\\} (\\S+)`, 'm').exec(figures)?.[1]);
  const dead = figure('pulseboard_broker_messages_dead_total');
  expect(dead).toBe((await readMessages(kafka.brokers, `${SAMPLES}.dead`)).length);
  expect(figure('pulseboard_broker_messages_stored_total')).toBe(sent + 40 - dead);
  expect(figure('pulseboard_broker_connected')).toBe(1);
  expect(figure('pulseboard_broker_lag_messages')).toBe(0);
});
