import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startServer } from '../support/server-process';
import { type Client, clientOf } from './client';
import { openEventStream } from './event-stream';

/**
 * Connections that take and give nothing: ten thousand that are silent, headers and bodies that come a byte at a
 * time, bodies that stop halfway, viewers who never read. Whoever comes properly is served meanwhile.
 */
const SILENT = 10_000;
const SLOW = 200;
const NEVER_READING = 10;
/** What the process may hold with all of them. */
const MOST_RSS_BYTES = 900 * 2 ** 20;

let database: TestDatabase;
let server: ServerProcess;
let client: Client;
const open = new Set<Socket>();

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer('server.ts', { DATABASE_URL: database.url });
  client = clientOf(server.url);
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await server?.stop();
  await database?.drop();
});

async function openSocket(firstWords = ''): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  open.add(socket);
  // Unread, a socket would not notice that the server has closed it.
  socket
    .on('error', () => {})
    .on('close', () => open.delete(socket))
    .resume();
  socket.write(firstWords);
  return socket;
}

async function openMany(count: number, firstWords = ''): Promise<Socket[]> {
  const sockets: Socket[] = [];
  // As many at once as a listening socket keeps waiting.
  for (let from = 0; from < count; from += 200) {
    const some = Math.min(200, count - from);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => openSocket(firstWords)))));
  }
  return sockets;
}

async function figure(name: string): Promise<number> {
  const { body } = await client.get('/metrics', { accept: 'text/plain' });
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(String(body))?.[1]);
}

test.concurrent('connections that take and give nothing do not keep others from being served, and are let go', {
  timeout: 240_000,
}, async () => {
  const metric = client.freshName();
  const query = new URLSearchParams({ metric, step: 'raw', aggregate: 'last' });
  await client.accepted({ name: metric, value: 0 });

  const silent = await openMany(SILENT);
  const slowHeads = await openMany(SLOW, 'GET /api/health HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ');
  const post = 'POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';
  const slowBodies = await openMany(SLOW, `${post}content-length: 1000\r\n\r\n[`);
  await openMany(SLOW, `${post}content-length: 5000000\r\n\r\n["${'x'.repeat(20_000)}`);
  const dripping = setInterval(() => {
    for (const socket of [...slowHeads, ...slowBodies]) if (open.has(socket)) socket.write(' ');
  }, 1_000);

  const stream = await openEventStream(`${server.url}/api/live?${new URLSearchParams({ q: String(query) })}`);
  try {
    let mostRss = 0;
    for (let value = 1; value <= 20; value++) {
      await client.accepted({ name: metric, value });
      const event = await stream.next(({ data }) => JSON.stringify(data).includes(`,${value}]`));
      expect(event.event).toBe('points');
      mostRss = Math.max(mostRss, await figure('process_resident_memory_bytes'));
    }
    expect(mostRss).toBeLessThan(MOST_RSS_BYTES);

    // Connections that never sent a request are closed, byte by byte or not at all.
    await until(
      () => {
        expect(silent.filter((socket) => open.has(socket))).toHaveLength(0);
        expect(slowHeads.filter((socket) => open.has(socket))).toHaveLength(0);
      },
      150_000,
      250,
    );
    await client.accepted({ name: metric, value: 99 });
    await stream.next(({ data }) => JSON.stringify(data).includes(',99]'));
  } finally {
    clearInterval(dripping);
    stream.close();
  }
});

test.concurrent('viewers who never read are let go, and what waits for them with them', {
  timeout: 150_000,
}, async () => {
  const metric = client.freshName();
  // Turns of 300 KB: more than the system keeps for a connection is soon under way.
  const turn = (value: number) =>
    Array.from({ length: 1_000 }, (_, i) => ({
      name: metric,
      value,
      labels: { part: `${i}`.padEnd(256, 'x') },
    }));
  await client.accepted(turn(0));
  const query = new URLSearchParams({ metric, by: 'part', step: 'raw', aggregate: 'last' });
  const live = `/api/live?${new URLSearchParams({ q: String(query), tick: '50' })}`;
  const viewers = await openMany(NEVER_READING, `GET ${live} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  for (const viewer of viewers) viewer.pause();
  await until(async () =>
    expect(await figure('pulseboard_live_streams')).toBeGreaterThanOrEqual(NEVER_READING),
  );
  let value = 0;
  while (value < 40) await client.accepted(turn(++value));
  const held = await figure('process_resident_memory_bytes');
  expect(held).toBeLessThan(MOST_RSS_BYTES);
  // On and on: how much the system keeps for a connection, and how many posts share a turn, is not ours to say.
  await until(
    async () => {
      await client.accepted(turn(++value));
      expect(await figure('pulseboard_live_streams')).toBeLessThanOrEqual(1);
    },
    110_000,
    500,
  );
  for (const viewer of viewers) viewer.resume();
  await until(() => expect(viewers.filter((viewer) => open.has(viewer))).toHaveLength(0));
});
