import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRows } from '../support/added-rows';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import {
  bundle,
  bundleForNext,
  type ServerEnv,
  type ServerProcess,
  startNext,
  startProgram,
} from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { ROWS, SETTINGS } from './rows';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const valuesOf = async (metric: string) =>
  (await storedSamples(database.url, metric)).map(({ value }) => value);

let names = 0;
const freshName = () => `lasting_${names++}`;

/** The two ways to run the product; Next.js says by its exit which signal it was. */
const FRONTS = [
  {
    front: 'server.ts',
    exitCode: 0,
    async prepare() {
      const program = await bundle('server.ts', [withRows(ROWS)]);
      return (env: ServerEnv) => startProgram(program, env);
    },
  },
  {
    front: 'next start',
    exitCode: 143,
    async prepare() {
      const pages = await bundleForNext([withRows(ROWS)]);
      return (env: ServerEnv) => startNext(pages, env);
    },
  },
];

describe.each(FRONTS)('$front', ({ exitCode, prepare }) => {
  let run: (env: ServerEnv) => Promise<ServerProcess>;
  let server: ServerProcess;
  let linesPort: number;
  const start = (port: number) => run({ DATABASE_URL: database.url, LINES_PORT: String(port), ...SETTINGS });
  beforeAll(async () => {
    run = await prepare();
    linesPort = await freePort();
    server = await start(linesPort);
  });
  afterAll(() => server?.stop());

  const openLines = (key = 'secret') => dial(linesPort, `${key}\n`);
  const upgrade = (headers?: string, path?: string) => upgradeAt(server, headers, path);

  test('a listener takes samples under one session, which is limited like any sender', async () => {
    const name = freshName();
    const lines = openLines();
    lines.send(`${name} 1\n${name}_b 2\nrubbish\n`);
    await lines.receives('ok 2 1\n');
    lines.send(`${name}_c 3\n`);
    await lines.receives('ok 2 1\nok 1 0\n');
    expect(await Promise.all([valuesOf(name), valuesOf(`${name}_c`)])).toEqual([[1], [3]]);
    lines.send('9 x\n');
    await lines.receives('ok 2 1\nok 1 0\nerror nothing_usable\n');

    const slow = openLines('slow-secret');
    for (const received of ['ok 1 0\n', 'ok 1 0\nok 1 0\n', 'ok 1 0\nok 1 0\nerror rate_limited\n']) {
      slow.send(`${name}_slow 1\n`);
      await slow.receives(received);
    }
    await openLines('wrong').receives('error forbidden\n');
  });

  test('an upgrade is let in by its row, and by nothing else', async () => {
    const name = freshName();
    const upgraded = upgrade();
    upgraded.send(`${name} 1\n`);
    await upgraded.receives(/^HTTP\/1\.1 101 .*\r\n\r\nok 1 0\n$/s);
    expect(await valuesOf(name)).toEqual([1]);
    await upgrade('').receives(/^HTTP\/1\.1 401 .*"unauthorized"/s);
    const foreign = 'authorization: Bearer secret\r\norigin: http://evil.example\r\n';
    await upgrade(foreign).receives(/^HTTP\/1\.1 403 .*"forbidden"/s);
    await upgrade(undefined, '/api/lines/x').receives(/^HTTP\/1\.1 404 .*"not_found"/s);
    await upgrade(undefined, '/api/metrics').receives(/^HTTP\/1\.1 404 .*"not_found"/s);
  });

  test('a stop says goodbye to both, takes nothing more, and loses nothing', async () => {
    const name = freshName();
    const connections = [openLines(), upgrade()];
    const [lines, upgraded] = connections;
    lines.send(`${name} 1\n`);
    upgraded.send(`${name}_b 1\n`);
    for (const connection of connections) await connection.receives(/ok 1 0\n$/);
    server.signal('SIGTERM');
    for (const connection of connections) await connection.receives(/ok 1 0\nbye\n$/);
    expect(await server.exited).toBe(exitCode);
    expect(await Promise.all([valuesOf(name), valuesOf(`${name}_b`)])).toEqual([[1], [1]]);
    await expect(openLines().closed).rejects.toThrow('ECONNREFUSED');
  });

  test('a listener that cannot listen is a reason not to start', async () => {
    const port = await freePort();
    const holder = await start(port);
    await expect(start(port)).rejects.toThrow('EADDRINUSE');
    await holder.stop();
  });
});

test.each([
  ['/api/lines', /^HTTP\/1\.1 101 /],
  ['/api/nowhere', /^HTTP\/1\.1 404 .*"not_found"/s],
])('next start: an upgrade to %s may come before any request', async (path, answer) => {
  const pages = await bundleForNext([withRows(ROWS)]);
  const LINES_PORT = String(await freePort());
  const server = await startNext(pages, { DATABASE_URL: database.url, LINES_PORT, ...SETTINGS });
  await upgradeAt(server, undefined, path).receives(answer);
  await server.stop();
});

function upgradeAt(
  { url }: ServerProcess,
  headers = 'authorization: Bearer secret\r\n',
  path = '/api/lines',
) {
  const { host, port } = new URL(url);
  const head = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: lines\r\n${headers}\r\n`;
  return dial(Number(port), head);
}

/** One connection that says this first, and what it has received so far. */
function dial(port: number, first: string) {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => (received += text));
  socket.write(first);
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('close', () => resolve());
  });
  // Tests that need it look at `closed`.
  closed.catch(() => undefined);
  return {
    closed,
    send: (text: string) => socket.write(text),
    receives: (expected: string | RegExp) =>
      until(() =>
        typeof expected === 'string' ? expect(received).toBe(expected) : expect(received).toMatch(expected),
      ),
  };
}
