import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeCertificate } from '../support/certificate';
import { askHttp2, connectHttp2 } from '../support/http2-client';
import {
  FRAME,
  type FrameSender,
  fieldBlock,
  frame,
  headersFrame,
  openFrames,
  resetFrame,
} from '../support/http2-frames';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import { type ServerProcess, startServer } from '../support/server-process';

let database: TestDatabase;
let server: ServerProcess;
let url: string;
let authority: string;
/** Somebody who means well, and has been there all the time. */
let neighbour: ClientHttp2Session;

beforeAll(async () => {
  database = await createTestDatabase();
  const { TLS_CERT, TLS_KEY } = await writeCertificate();
  const port = await freePort();
  const tls = { TLS_CERT, TLS_KEY, TLS_PORT: String(port) };
  server = await startServer('server.ts', { DATABASE_URL: database.url, RATE_LIMIT: 'off', ...tls });
  authority = `127.0.0.1:${port}`;
  url = `https://${authority}`;
  neighbour = connectHttp2(url);
}, 120_000);
afterEach(async () => {
  for (const guest of guests.splice(0)) guest.destroy();
  await expectNeighbourServed();
  await until(async () => expect(await figure('pulseboard_tls_streams')).toBe(0));
});
afterAll(async () => {
  neighbour.destroy();
  await server.stop();
  await database.drop();
});

/** Connections of the test at hand, which go with it. */
const guests: Array<{ destroy(): void }> = [];

function connectGuest(origin: string): ClientHttp2Session {
  const session = connectHttp2(origin);
  guests.push(session);
  return session;
}

async function openGuest(...asked: Parameters<typeof openFrames>): Promise<FrameSender> {
  const client = await openFrames(...asked);
  guests.push(client.socket);
  return client;
}

async function expectNeighbourServed(): Promise<void> {
  if (neighbour.destroyed || neighbour.closed) throw new Error('the neighbour lost its connection');
  const posted = await post(neighbour, '[{"name":"neighbour","value":1}]');
  expect(posted.status).toBe(200);
  posted.body.resume();
  const page = await askHttp2(neighbour, '/api/health');
  expect(page.status).toBe(200);
  page.body.resume();
  const plain = await fetch(`${server.url}/api/health`);
  expect(plain.status).toBe(200);
  await plain.arrayBuffer();
}

function post(session: ClientHttp2Session, body: string) {
  const headers = { 'content-type': 'application/json' };
  return askHttp2(session, '/api/metrics', { method: 'POST', headers, body });
}

/** Asked over the plain port, so that the question itself does not count. */
async function figure(name: string): Promise<number> {
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const line = figures.split('\n').find((each) => each.startsWith(`${name} `));
  if (!line) throw new Error(`There is no ${name} in /metrics.`);
  return Number(line.slice(name.length));
}

const LIVE = '/api/live?topic=fleet';

async function openLive(session: ClientHttp2Session) {
  const stream = session.request({ ':path': LIVE });
  stream.on('error', () => undefined);
  await once(stream, 'data');
  return stream;
}

function fields(path: string, ...more: Array<[string, string]>): Array<[string, string]> {
  return [[':method', 'GET'], [':scheme', 'https'], [':authority', authority], [':path', path], ...more];
}

const bodyOf = ({ received }: FrameSender) =>
  Buffer.concat(received.filter(({ type }) => type === FRAME.data).map(({ payload }) => payload)).toString();

describe('a client goes', () => {
  test.each([
    ['RST_STREAM', (stream: Awaited<ReturnType<typeof openLive>>) => stream.close(constants.NGHTTP2_CANCEL)],
    ['its session', (stream: Awaited<ReturnType<typeof openLive>>) => stream.session?.destroy()],
  ])('in the middle of a live stream, with %s: nothing of it stays', async (_how, leave) => {
    const session = connectGuest(url);
    const stream = await openLive(session);
    expect(await figure('pulseboard_live_streams')).toBe(1);
    expect(await figure('pulseboard_tls_streams')).toBe(1);
    leave(stream);
    await until(async () => expect(await figure('pulseboard_live_streams')).toBe(0));
    await until(async () => expect(await figure('pulseboard_tls_streams')).toBe(0));
    session.destroy();
    await until(async () => expect(await figure('pulseboard_tls_sessions')).toBe(1));
  });

  test('in the middle of a live stream, cutting its connection off: nothing of it stays', async () => {
    const client = await openGuest(url);
    client.send(headersFrame(1, fields(LIVE)));
    await until(async () => expect(await figure('pulseboard_live_streams')).toBe(1));
    client.socket.destroy();
    await until(async () => expect(await figure('pulseboard_live_streams')).toBe(0));
    await until(async () => expect(await figure('pulseboard_tls_sessions')).toBe(1));
  });

  test('in the middle of an upload: nothing of it is kept', async () => {
    const session = connectGuest(url);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/api/metrics',
      'content-type': 'application/json',
    });
    stream.on('error', () => undefined);
    stream.write(`[{"name":"half","value":1},${' '.repeat(50_000)}`);
    await until(async () => expect(await figure('pulseboard_tls_streams')).toBe(1));
    stream.close(constants.NGHTTP2_CANCEL);
    await until(async () => expect(await figure('pulseboard_tls_streams')).toBe(0));
    expect(await figure('pulseboard_queue_rows{state="waiting"}')).toBe(0);
    expect(await figure('pulseboard_queue_rows{state="committing"}')).toBe(0);
  });
});

describe('a handshake', () => {
  test.each([
    ['that is plain HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['that never begins', ''],
    ['that stops in the middle', Buffer.from([22, 3, 1, 2, 0, 1, 0])],
  ])(
    '%s comes to an end',
    async (_what, bytes) => {
      const socket = connectPlain(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => socket.destroy()).resume();
      if (bytes.length > 0) socket.write(bytes);
      await once(socket, 'close');
    },
    30_000,
  );
});

describe('floods end the connection', () => {
  test('streams that are opened and reset at once', async () => {
    const client = await openGuest(url);
    for (let id = 1; id < 40_000; id += 2) client.send(headersFrame(id, fields(LIVE)), resetFrame(id));
    await until(() => expect(client.received.some(({ type }) => type === FRAME.goaway)).toBe(true));
    await until(async () => expect(await figure('pulseboard_live_streams')).toBe(0));
  }, 60_000);

  test('PING', async () => {
    const client = await openGuest(url);
    const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
    for (let i = 0; i < 200; i++) client.send(...Array.from({ length: 100 }, () => ping));
    await client.closed;
  }, 60_000);

  test('SETTINGS', async () => {
    const client = await openGuest(url);
    const settings = frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255]));
    for (let i = 0; i < 200; i++) client.send(...Array.from({ length: 100 }, () => settings));
    await client.closed;
  }, 60_000);

  test('headers without an end', async () => {
    const client = await openGuest(url);
    client.send(frame(FRAME.headers, 0, 1, fieldBlock(fields('/'))));
    const more = frame(FRAME.continuation, 0, 1, fieldBlock([['a', 'x'.repeat(16_000)]]));
    for (let i = 0; i < 1_000; i++) client.send(more);
    await client.closed;
  }, 60_000);

  test('more streams than were allowed', async () => {
    const client = await openGuest(url);
    for (let id = 1; id < 20_000; id += 2) client.send(headersFrame(id, fields(LIVE)));
    await client.closed;
    await until(async () => expect(await figure('pulseboard_live_streams')).toBe(0));
  }, 60_000);
});

test('10,000 requests on one connection are all answered, as many at a time as is allowed', async () => {
  const session = connectGuest(url);
  await once(session, 'remoteSettings');
  session.setMaxListeners(0);
  const statuses = await Promise.all(
    Array.from({ length: 10_000 }, async (_, i) => {
      const answer = await post(session, `[{"name":"many","value":1,"timestamp":${Date.now() - i}}]`);
      await text(answer.body);
      return answer.status;
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  session.destroy();
}, 120_000);

describe('headers', () => {
  test.each(['/api/live?topic=fleet', '/api/health'])('%s of two hosts is refused', async (path) => {
    const client = await openGuest(url);
    client.send(headersFrame(1, fields(path, ['host', 'elsewhere.example'])));
    await until(() => expect(bodyOf(client)).toContain('"misdirected"'));
    client.socket.destroy();
  });

  test.each<[string, string]>([
    ['connection', 'keep-alive'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'websocket'],
    ['Accept', '*/*'],
  ])('%s: %j, which HTTP/2 forbids, ends the stream', async (name, value) => {
    const client = await openGuest(url);
    client.send(headersFrame(1, fields('/api/health', [name, value])));
    await until(() =>
      expect(client.received.some(({ type }) => type === FRAME.reset || type === FRAME.goaway)).toBe(true),
    );
    expect(bodyOf(client)).toBe('');
    client.socket.destroy();
  });

  test('what Next.js says to itself, and what only a proxy may say, changes nothing when a client says it', async () => {
    const session = connectGuest(url);
    const ask = async (headers: Record<string, string>) => {
      const { status, headers: got, body } = await askHttp2(session, '/', { headers });
      await text(body);
      return { status, type: got['content-type'], location: got.location };
    };
    const honest = await ask({});
    expect(
      await ask({
        'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware',
        'x-middleware-rewrite': '/nowhere',
        'x-middleware-next': '1',
        'x-forwarded-host': 'elsewhere.example',
        'x-forwarded-proto': 'http',
        'x-forwarded-for': '10.0.0.1',
      }),
    ).toEqual(honest);
    session.destroy();
  });
});

test('live streams that are not read are ended, although more is written for them all the time', async () => {
  const session = connect(url, { rejectUnauthorized: false, settings: { initialWindowSize: 0 } });
  guests.push(session);
  session.on('error', () => undefined);
  const ended = Array.from({ length: 20 }, () => {
    const stream = session.request({ ':path': '/api/live?topic=fleet' });
    stream.on('error', () => undefined);
    return once(stream, 'close');
  });
  await until(async () => expect(await figure('pulseboard_tls_streams')).toBe(20));
  await Promise.all(ended);
}, 120_000);
