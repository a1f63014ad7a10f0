import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import { FRONTS, launch, type ServerEnv, type ServerProcess, startServer } from '../support/server-process';
import { startTcpProxy } from '../support/tcp-proxy';
import { clientOf, expectError } from './client';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Starts a server that should refuse to; what it said, and its exit code. */
async function refusal(env: ServerEnv): Promise<{ code: number | null; output: string }> {
  const server = launch('server.ts', { PORT: '0', DATABASE_URL: database.url, ...env });
  const code = await server.exited;
  return { code, output: server.output() };
}

describe('a server that cannot start says why in a sentence and exits', () => {
  test('on an address others can reach, without keys', async () => {
    const wrong: ServerEnv[] = [
      { HOST: '0.0.0.0' },
      { HOST: '::' },
      { HOST: '0.0.0.0', INGEST_KEYS: 'abc' },
      { HOST: '0.0.0.0', DASHBOARD_PASSWORD: 'abc' },
    ];
    for (const env of wrong) {
      const { code, output } = await refusal(env);
      expect(code).toBe(1);
      expect(output).toContain(`HOST is ${env.HOST}`);
      expect(output).toContain('INGEST_KEYS');
      expect(output).not.toMatch(/\n\s+at /);
    }
  });

  test('on a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const { code, output } = await refusal({ PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`Port ${port} .* is taken.*PORT=`));
    expect(output).not.toMatch(/\n\s+at /);
  });

  test('with a wrong setting', async () => {
    const { code, output } = await refusal({ RETENTION_RAW: 'soon', MAX_SERIES: '-1' });
    expect(code).toBe(1);
    expect(output).toContain('RETENTION_RAW is "soon"; it should be a duration');
    expect(output).toContain('MAX_SERIES is "-1"');
    expect(output).not.toMatch(/\n\s+at /);
  });

  test('on a database it may not use', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    const { code, output } = await refusal({ DATABASE_URL: url.toString() });
    expect(code).toBe(1);
    expect(output).toContain('DATABASE_URL');
    expect(output).not.toContain(url.password || 'no password');
  });
});

test('with keys it listens anywhere', async () => {
  const server = await startServer('server.ts', {
    HOST: '0.0.0.0',
    DATABASE_URL: database.url,
    INGEST_KEYS: 'a-key',
    DASHBOARD_PASSWORD: 'a password of some length',
  });
  try {
    expect((await clientOf(server.url).get('/api/health')).status).toBe(200);
  } finally {
    await server.stop();
  }
});

test('while it waits for its database it answers, and says what it waits for', async () => {
  const port = await freePort();
  const nobody = await freePort();
  const server = launch('server.ts', {
    PORT: String(port),
    DATABASE_URL: `postgres://pulseboard@127.0.0.1:${nobody}/pulseboard`,
  });
  const client = clientOf(server.url);
  try {
    const ready = await until(async () => {
      const answer = await client.get('/api/ready');
      expect(JSON.stringify(answer.body)).toContain('Waiting for the database');
      return answer;
    });
    expectError(ready, 503, 'database_unavailable');
    expect(ready.headers.get('retry-after')).toBe('1');
    expect((await client.get('/api/health')).body).toMatchObject({ status: 'ok', phase: 'starting' });
    expectError(await client.post({ name: 'x', value: 1 }), 503, 'database_unavailable');
    expectError(await client.get('/api/metrics/x'), 503, 'database_unavailable');
    const page = await fetch(`${server.url}/`);
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await page.text()).toContain('Waiting for the database');
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

test('a database that hangs is waited for, too: it says so, and starts when that goes on', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  const wire = await startTcpProxy(Number(url.port));
  url.port = String(wire.port);
  wire.swallow();
  const server = launch('server.ts', { PORT: String(await freePort()), DATABASE_URL: url.toString() });
  const client = clientOf(server.url);
  try {
    await until(async () =>
      expect(JSON.stringify((await client.get('/api/ready')).body)).toContain('it does not answer'),
    );
    expect((await client.get('/api/health')).body).toMatchObject({ status: 'ok', phase: 'starting' });
    wire.heal();
    await until(async () => expect((await client.get('/api/ready')).status).toBe(200));
    expect((await fetch(`${server.url}/`)).status).toBe(200);
  } finally {
    await server.stop();
    await wire.close();
    await database.drop();
  }
});

test('it says where to look, how to post, and where the data lies', async () => {
  const server = await startServer('server.ts', { DATABASE_URL: database.url });
  try {
    await until(() => expect(server.output()).toContain('Pulseboard  http'));
    const output = server.output();
    expect(output).toContain(`Pulseboard  ${server.url}`);
    expect(output).toMatch(/Data {8}PostgreSQL at /);
    const curl = /curl (\S+) -H '([^']+)' -d '([^']+)'/.exec(output);
    const response = await fetch(curl?.[1] ?? '', {
      method: 'POST',
      headers: [curl?.[2].split(': ') as [string, string]],
      body: curl?.[3],
    });
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, rejected: 0 });
  } finally {
    await server.stop();
  }
});

describe.each(FRONTS)('keys, %s', (front) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer(front, { DATABASE_URL: database.url, INGEST_KEYS: 'first-key,ci:second-key' });
  });
  afterAll(() => server?.stop());

  test('let in who has one', async () => {
    const client = clientOf(server.url);
    const sample = { name: 'keyed', value: 1 };
    for (const key of ['first-key', 'second-key']) await client.accepted(sample, { key });
    expectError(await client.post(sample, { key: 'third-key' }), 403, 'forbidden');
    expectError(await client.post(sample, { key: 'first-key2' }), 403, 'forbidden');
    const none = await client.post(sample);
    expectError(none, 401, 'unauthorized');
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('are asked for before anything is read', async () => {
    expectError(
      await clientOf(server.url).post('x'.repeat(2 ** 20), { type: 'text/plain' }),
      401,
      'unauthorized',
    );
  });
});

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

test('an upgrade nobody knows is refused instead of left hanging', async () => {
  const server = await startServer('server.ts', { DATABASE_URL: database.url });
  try {
    for (const path of ['/nothing', '/_next/hmr', '/api/metrics']) {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => (text += chunk));
        socket.on('close', () => resolve(text));
        socket.on('error', reject);
        socket.write(upgrade(path));
      });
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
    }
    // Whoever asks and hangs up at once takes nobody along.
    for (let i = 0; i < 50; i++) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
        socket.on('error', reject);
        socket.on('close', () => resolve());
        socket.write(upgrade('/nothing'), () => socket.resetAndDestroy());
      });
    }
    expect((await clientOf(server.url).get('/api/health')).status).toBe(200);
  } finally {
    await server.stop();
  }
});
