import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialFrames, FrameClient } from '../support/frame-client';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { figureOf } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';

/** Senders over WebSocket that mean no good, or do not know better. */
const MB = 2 ** 20;
/** What the process may hold beyond what it held before. */
const MOST_GROWTH_BYTES = 250 * MB;

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startBareNode({
    DATABASE_URL: database.url,
    INGEST_KEYS: 'sender:secret,slow:slow-secret',
    RATE_LIMIT: 'off,slow=3',
    TRUST_PROXY: '1',
    MAX_INGEST_CONNECTIONS_PER_ADDRESS: '2',
  });
});
afterAll(async () => {
  await server?.stop();
  await database?.drop();
});

const key = 'secret';
const open = () => FrameClient.open(server.url, { key });
const rss = () => figure('process_resident_memory_bytes');
const figure = (name: string) => figureOf(server.url, name);
const values = async (metric: string) =>
  (await storedSamples(database.url, metric)).map(({ value }) => value);

/** A frame as a client masks it; `fin` false: a fragment with more to come. */
function wire(payload: Uint8Array, { opcode = 1, fin = true } = {}): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const head =
    length < 126 ? Buffer.from([0, 0x80 | length]) : Buffer.from([0, 0x80 | 126, length >> 8, length & 255]);
  head[0] = (fin ? 0x80 : 0) | opcode;
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

/** A connection on which any bytes can be sent, and which reads only when it is told to. */
async function openRaw(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/ingest HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n` +
      `authorization: Bearer ${key}\r\n\r\n`,
  );
  const head = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

/** Resolves when all of it was taken, or when nothing of it is for a while. */
async function writeUntilStuck(socket: Socket, chunk: Buffer, times: number): Promise<number> {
  for (let sent = 0; sent < times; sent++) {
    if (socket.write(chunk)) continue;
    const drained = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 3_000);
      socket.once('drain', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (!drained) return sent;
  }
  return times;
}

describe('an upgrade', () => {
  test('needs a key, which is looked at before', async () => {
    expect(await dialFrames(server.url)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { error: { code: 'unauthorized' } },
    });
    expect(await dialFrames(server.url, { key: 'wrong' })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden' } },
    });
  });

  test('is refused beyond what one address may have, until one of its connections ends', async () => {
    const from = { key, headers: { 'x-forwarded-for': '192.0.2.7' } };
    const first = await FrameClient.open(server.url, from);
    const second = await FrameClient.open(server.url, from);
    expect(await dialFrames(server.url, from)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { error: { code: 'too_many_connections' } },
    });
    const other = await FrameClient.open(server.url, { key, headers: { 'x-forwarded-for': '192.0.2.8' } });
    first.ws.terminate();
    await until(async () => {
      const third = await FrameClient.open(server.url, from);
      await third.close();
    });
    await Promise.all([second.close(), other.close()]);
  });
});

test('each frame counts against the rate of its key', async () => {
  const slow = await FrameClient.open(server.url, { key: 'slow-secret' });
  for (let seq = 0; seq < 5; seq++)
    slow.send({ seq, name: 'limited', value: seq, timestamp: Date.now() + seq });
  await slow.answered(5);
  expect(slow.answers).toMatchObject([
    { ack: 0 },
    { ack: 1 },
    { ack: 2 },
    { nack: 3, error: { code: 'rate_limited' } },
    { nack: 4, error: { code: 'rate_limited' } },
  ]);
  expect(slow.answers[4].retryAfterMs).toBeGreaterThan(0);
  expect(await values('limited')).toEqual([0, 1, 2]);
  await slow.close();
});

test('a gzip bomb inflates no further than a body may, and others are served meanwhile', async () => {
  const before = await rss();
  const bomb = gzipSync(Buffer.alloc(200 * MB, 0x20));
  const bombers = await Promise.all(Array.from({ length: 20 }, open));
  for (const bomber of bombers) for (let i = 0; i < 5; i++) bomber.send(bomb);
  const other = await open();
  for (let seq = 0; seq < 20; seq++)
    expect(
      await other.ask({ seq, name: 'beside_bombs', value: seq, timestamp: Date.now() - seq }),
    ).toMatchObject({ ack: seq });
  for (const bomber of bombers) {
    await bomber.answered(5);
    for (const answer of bomber.answers)
      expect(answer).toMatchObject({ nack: null, error: { code: 'body_too_large' } });
  }
  expect((await rss()) - before).toBeLessThan(MOST_GROWTH_BYTES);
  await Promise.all([...bombers, other].map((client) => client.close()));
});

test('frames that are announced larger than a body may be are not waited for', async () => {
  const socket = await openRaw();
  const head = Buffer.from([0x81, 0x80 | 127, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]);
  const closed = new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.write(head);
  const frame = await closed;
  expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 1009]);
  socket.destroy();
});

test('a frame in fragments of a byte is one frame; too many of them end the connection', async () => {
  const text = Buffer.from(JSON.stringify({ seq: 1, name: 'in_bytes', value: 1, timestamp: Date.now() }));
  const fragments = (bytes: Buffer, fin: boolean) =>
    Buffer.concat(
      [...bytes].map((byte, i) =>
        wire(Uint8Array.of(byte), { opcode: i === 0 ? 1 : 0, fin: fin && i === bytes.length - 1 }),
      ),
    );
  const socket = await openRaw();
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(chunk));
  // Each in a packet of its own, as far as one can have it so.
  socket.setNoDelay();
  for (const byte of fragments(text, true)) {
    socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  await until(() => expect(String(Buffer.concat(heard))).toContain('{"ack":1,"accepted":1'));
  heard.length = 0;
  socket.write(fragments(Buffer.alloc(2_000, 0x20), false));
  await until(() =>
    expect(Buffer.concat(heard).subarray(0, 4)).toEqual(Buffer.from([0x88, 2, 1008 >> 8, 1008 & 255])),
  );
  socket.destroy();
});

test('100,000 tiny frames at once are taken as fast as they are committed, in bounded memory', {
  timeout: 240_000,
}, async () => {
  const before = await rss();
  const client = await open();
  const start = Date.now() - 500_000;
  const frames = 100_000;
  for (let seq = 0; seq < frames; seq++)
    client.send(`{"seq":${seq},"name":"tiny","value":${seq},"timestamp":${start + seq}}`);
  let mostHeld = 0;
  let wasPaused = 0;
  await until(
    async () => {
      mostHeld = Math.max(mostHeld, await rss());
      wasPaused = Math.max(wasPaused, await figure('pulseboard_websocket_connections_paused'));
      expect(client.answers).toHaveLength(frames);
    },
    200_000,
    100,
  );
  expect(client.answers.every(({ ack, accepted }, i) => ack === i && accepted === 1)).toBe(true);
  expect(mostHeld - before).toBeLessThan(MOST_GROWTH_BYTES);
  expect(wasPaused).toBe(1);
  expect(await values('tiny')).toHaveLength(frames);
  await client.close();
  expect(await figure('pulseboard_websocket_connections_paused')).toBe(0);
});

test('of a sender that never reads its answers no more is read', async () => {
  const before = await rss();
  const socket = await openRaw();
  socket.pause();
  // Each is answered with a hundred errors: 10 KB for 200 bytes.
  const frame = wire(Buffer.from(`{"seq":1,"samples":[${Array(100).fill('0').join()}]}`));
  const many = Buffer.concat(Array.from({ length: 100 }, () => frame));
  const taken = await writeUntilStuck(socket, many, 20_000);
  expect(taken).toBeLessThan(20_000);
  expect(await figure('pulseboard_websocket_connections_paused')).toBe(1);
  expect((await rss()) - before).toBeLessThan(MOST_GROWTH_BYTES);
  socket.destroy();
  await until(async () => expect(await figure('pulseboard_websocket_connections_paused')).toBe(0));
});

test('many large frames that do not come to their end hold a bounded amount of memory', async () => {
  const before = await rss();
  const head = Buffer.from([0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0x7f, 0, 0, 1, 2, 3, 4]);
  const begun = Buffer.concat([head, Buffer.alloc(8 * MB - 2 ** 17, 0x20)]);
  const sockets = await Promise.all(Array.from({ length: 90 }, openRaw));
  let refused = 0;
  for (const socket of sockets)
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x88 && chunk.readUInt16BE(2) === 1013) refused++;
    });
  for (const socket of sockets) socket.write(begun);
  // 64 of them fit into the half gigabyte that all bodies together may hold.
  await until(() => expect(refused).toBeGreaterThan(20));
  expect(refused).toBeLessThan(40);
  expect((await rss()) - before).toBeLessThan(800 * MB);
  for (const socket of sockets) socket.destroy();
  const other = await open();
  await until(async () =>
    expect(await other.ask({ seq: 1, name: 'after_large', value: 1, timestamp: Date.now() })).toMatchObject({
      ack: 1,
    }),
  );
  await other.close();
});
