import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockSamples } from '../support/lock-samples';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { type ServerProcess, startServer } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { type Client, clientOf, expectError } from './client';
import { openEventStream } from './event-stream';

let database: TestDatabase;
let wire: TcpProxy;
let server: ServerProcess;
let client: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  wire = await startTcpProxy(Number(url.port));
  url.port = String(wire.port);
  server = await startServer('server.ts', { DATABASE_URL: url.toString(), LOG_LEVEL: 'debug' });
  client = clientOf(server.url);
});
afterAll(async () => {
  await server?.stop();
  await wire?.close();
  await database?.drop();
});

describe('a stuck database', () => {
  test('fills the queue: then 503, nothing of that body kept, everything before it committed', async () => {
    const metric = client.freshName();
    const now = Date.now();
    const bodies = Array.from({ length: 30 }, (_, number) =>
      JSON.stringify(
        Array.from({ length: 10_000 }, (_, i) => {
          const value = number * 10_000 + i;
          return { name: metric, value, timestamp: now - value };
        }),
      ),
    );
    await client.accepted({ name: metric, value: -1, timestamp: now + 1 });
    const unlock = await lockSamples(database.url);
    const posts = bodies.map((body) => client.post(body));
    const full = await Promise.any(
      posts.map(async (post) => {
        const answer = await post;
        expectError(answer, 503, 'queue_full');
        return answer;
      }),
    );
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await unlock();

    const answers = await Promise.all(posts);
    const stored = await storedSamples(database.url, metric);
    for (const [i, { status, body }] of answers.entries()) {
      const kept = stored.filter(({ value }) => Math.floor(value / 10_000) === i).length;
      const { code = null } = (body as { error?: { code: string } }).error ?? {};
      // Of a commit that was under way for too long nobody knows: all of it may be kept, or nothing.
      const possible = code === 'database_unavailable' ? [0, 10_000] : [status === 200 ? 10_000 : 0];
      expect(possible, `body ${i}: ${status} ${code}`).toContain(kept);
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    await client.accepted({ name: metric, value: -2, timestamp: now + 2 });
  });

  test('does not keep a request waiting for ever', async () => {
    const metric = client.freshName();
    await client.accepted({ name: metric, value: 0 });
    const unlock = await lockSamples(database.url);
    try {
      // Two commits are under way, the third waits for its turn and is given back.
      const posts: Array<ReturnType<typeof client.post>> = [];
      for (const underWay of [1, 2, 2]) {
        posts.push(client.post({ name: metric, value: posts.length + 1 }));
        await until(async () =>
          expect(String((await client.get('/metrics')).body)).toContain(
            `pulseboard_commits_in_flight ${underWay}`,
          ),
        );
      }
      expectError(await Promise.any(posts), 503, 'database_unavailable');
    } finally {
      await unlock();
    }
  });
});

describe('a database that goes away', () => {
  test('is 503 with Retry-After, and back by itself', async () => {
    const metric = client.freshName();
    const sample = { name: metric, value: 1, timestamp: Date.now() - 1_000 };
    await client.accepted(sample);
    wire.cut();
    const refused = await client.post({ ...sample, timestamp: sample.timestamp + 1 });
    expectError(refused, 503, 'database_unavailable');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const ready = await client.get('/api/ready');
    expectError(ready, 503, 'database_unavailable');
    expect((await client.get('/api/health')).status).toBe(200);
    // What is committed is known in memory: no need to ask a database that is away.
    expect(await client.accepted(sample)).toEqual({ accepted: 1, duplicates: 1, rejected: 0 });

    wire.heal();
    await until(async () => expect((await client.get('/api/ready')).status).toBe(200));
    const again = await client.accepted([sample, { ...sample, value: 2, timestamp: sample.timestamp + 1 }]);
    expect(again).toMatchObject({ accepted: 2, rejected: 0 });
    expect((await client.stored(metric)).map(([timestamp]) => timestamp - sample.timestamp)).toEqual([0, 1]);
  });

  test('in the middle of commits: what was acknowledged is there, and memory agrees with the database', async () => {
    const metric = client.freshName();
    const start = Date.now() - 300_000;
    let next = 0;
    const acknowledged = new Map<number, number>();
    const sent = new Map<number, number>();
    let stop = false;
    const worker = async () => {
      while (!stop) {
        const samples = Array.from({ length: 20 }, () => ({
          name: metric,
          value: next,
          timestamp: start + next++,
        }));
        for (const { timestamp, value } of samples) sent.set(timestamp, value);
        const { status } = await client.post(samples);
        if (status === 200) for (const { timestamp, value } of samples) acknowledged.set(timestamp, value);
        else await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      wire.cut();
      await new Promise((resolve) => setTimeout(resolve, 100));
      wire.heal();
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop = true;
    await Promise.all(workers);

    // The ring learns of what was committed although the answer was lost, which may also happen only now.
    await until(async () => {
      const rows = await storedSamples(database.url, metric);
      const inDatabase = new Map(rows.map(({ timestamp, value }) => [timestamp, value]));
      expect(rows).toHaveLength(inDatabase.size);
      for (const [timestamp, value] of acknowledged) expect(inDatabase.get(timestamp)).toBe(value);
      for (const [timestamp, value] of inDatabase) expect(sent.get(timestamp)).toBe(value);
      const { body } = await client.get(
        `/api/metrics/${metric}?step=1s&aggregate=count&start=${start - 1_000}&end=now`,
      );
      const { series } = body as { series: Array<{ points: number[][] }> };
      const counted = series[0].points.reduce((sum, [, count]) => sum + count, 0);
      expect(counted).toBe(inDatabase.size);
    });
  });
});

test('a database that turns the server away is one that is away, until somebody mends it', async () => {
  const own = await createTestDatabase();
  const admin = postgres(own.url, { max: 1, onnotice: () => {} });
  const role = `role_${new URL(own.url).pathname.slice(1)}`;
  const url = new URL(own.url);
  [url.username, url.password] = [role, 'old'];
  await admin.unsafe(
    `create role ${role} login password 'old'; alter database ${url.pathname.slice(1)} owner to ${role}; grant all on schema public to ${role}`,
  );
  const node = await startServer('server.ts', { DATABASE_URL: url.toString() });
  const { post, get, accepted } = clientOf(node.url);
  await accepted({ name: 'watched', value: 1 });
  const stream = await openEventStream(
    `${node.url}/api/live?q=${encodeURIComponent('metric=watched&step=1s')}`,
  );
  try {
    await admin.unsafe(`alter role ${role} password 'new'`);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`;
    await until(async () =>
      expectError(await post({ name: 'watched', value: 2 }), 503, 'database_unavailable'),
    );
    await stream.next(
      ({ event, data }) =>
        event === 'status' && (data as { reason?: string }).reason === 'database_unavailable',
    );
    expect((await get('/api/health')).status).toBe(200);
    await until(() => expect(node.output()).toContain('somebody has to mend its user, password or rights'));

    await admin.unsafe(`alter role ${role} password 'old'`);
    await until(async () => expect((await post({ name: 'watched', value: 3 })).status).toBe(200));
  } finally {
    stream.close();
    await node.stop();
    await own.drop();
    await admin.end();
    const cleaner = postgres(database.url, { max: 1, onnotice: () => {} });
    await cleaner.unsafe(`drop role ${role}`);
    await cleaner.end();
  }
});

test('a sender that goes away in the middle of its body leaves nothing behind', async () => {
  for (let i = 0; i < 50; i++) {
    const aborter = new AbortController();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('[{"name":"half","value":1},'));
      },
    });
    const posted = fetch(`${server.url}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: aborter.signal,
      duplex: 'half',
    } as RequestInit).catch(() => null);
    setTimeout(() => aborter.abort(), 20);
    await posted;
  }
  await client.accepted({ name: client.freshName(), value: 1 });
  const { body } = await client.get('/metrics');
  expect(String(body)).toContain('pulseboard_queue_rows{state="waiting"} 0');
});

test('log lines about a request carry its id, on either front', async () => {
  const headers = { 'content-type': 'application/json', 'x-request-id': 'seen.by:proxy-1' };
  const asked = [
    await fetch(`${server.url}/api/metrics?precision=ms`, { method: 'POST', headers, body: '[]' }),
    await fetch(`${server.url}/api/metrics/none?match={secret="1"}`, { headers }),
  ];
  for (const response of asked) expect(response.headers.get('x-request-id')).toBe('seen.by:proxy-1');
  await until(() => {
    const lines = server.output().split('\n');
    const about = lines.filter((line) => line.includes('seen.by:proxy-1')).map((line) => JSON.parse(line));
    expect(about).toMatchObject([
      { requestId: 'seen.by:proxy-1', method: 'POST', path: '/api/metrics', status: asked[0].status },
      { requestId: 'seen.by:proxy-1', method: 'GET', path: '/api/metrics/none', status: 404 },
    ]);
  });
  expect(server.output()).not.toContain('secret');
});
