import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { dialFrames, FrameClient } from '../support/frame-client';
import { lockSamples } from '../support/lock-samples';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import { figureOf } from '../support/scene';
import { FRONTS, launch, startServer } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { startTcpProxy } from '../support/tcp-proxy';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const values = async (metric: string) =>
  (await storedSamples(database.url, metric)).map(({ value }) => value);

describe.each(FRONTS)('SIGTERM, %s', (front) => {
  const metric = `frames_stopping_${front.replaceAll(/\W/g, '_')}`;
  const frame = (seq: number) => ({ seq, name: metric, value: seq, timestamp: 1_000 * seq + start });
  const start = Date.now() - 3_600_000;

  test('frames that were received are committed and acknowledged, then comes the goodbye', async () => {
    const server = await startServer(front, { DATABASE_URL: database.url });
    const [busy, idle, late] = await Promise.all([1, 2, 3].map(() => FrameClient.open(server.url)));
    await busy.ask(frame(0));
    // The head of an upgrade has begun to arrive: what it asks for is refused once the server stops. It arrives before
    // the figures are asked for; a connection without a byte would only be closed.
    const { hostname, port } = new URL(server.url);
    const halfway = connect(Number(port), hostname);
    let answer = '';
    halfway.on('error', () => undefined).on('data', (chunk) => (answer += chunk));
    await once(halfway, 'connect');
    halfway.write(`GET /api/ingest HTTP/1.1\r\nhost: ${hostname}:${port}\r\n`);
    const unlock = await lockSamples(database.url);
    onTestFinished(unlock);
    for (const seq of [1, 2, 3]) busy.send(frame(seq));
    await until(async () =>
      expect(await figureOf(server.url, 'pulseboard_commits_in_flight')).toBeGreaterThan(0),
    );

    server.signal('SIGTERM');
    expect(await idle.closed).toMatchObject({ code: 1001 });
    expect(await late.closed).toMatchObject({ code: 1001 });
    await expect(dialFrames(server.url)).rejects.toThrow(/ECONNREFUSED/);
    halfway.write('connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n');
    halfway.write(`sec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`);
    if (front === 'server.ts')
      await until(() => expect(answer).toMatch(/^HTTP\/1\.1 503 .*"shutting_down"/s));
    expect(busy.answers).toHaveLength(1);
    await unlock();
    expect(await busy.closed).toMatchObject({ code: 1001 });
    expect(busy.answers.map(({ ack }) => ack)).toEqual([0, 1, 2, 3]);
    // Next.js says which signal it was, as a shell would.
    expect(await server.exited).toBe(front === 'next start' ? 143 : 0);
    expect(await values(metric)).toEqual([0, 1, 2, 3]);
    halfway.destroy();
  });

  test('under load: nothing acknowledged is lost', async () => {
    const server = await startServer(front, { DATABASE_URL: database.url });
    const clients = await Promise.all(Array.from({ length: 20 }, () => FrameClient.open(server.url)));
    const loaded = `${metric}_loaded`;
    let next = 0;
    const load = setInterval(() => {
      for (const { ws } of clients)
        if (ws.readyState === ws.OPEN) ws.send(JSON.stringify({ ...frame(next), seq: next++, name: loaded }));
    }, 5);
    await until(() => expect(clients[0].answers.length).toBeGreaterThan(50));
    server.signal('SIGTERM');
    for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
    clearInterval(load);
    await server.exited;
    const stored = await values(loaded);
    const kept = new Set(stored);
    expect(kept.size).toBe(stored.length);
    const answers = clients.flatMap((client) => client.answers);
    const acknowledged = answers.flatMap(({ ack }) => ack ?? []);
    expect(acknowledged.filter((value) => !kept.has(value))).toEqual([]);
    // A machine that cannot keep up refuses frames, for now.
    const refused = answers.filter(({ ack }) => ack === undefined);
    expect(refused.filter(({ nack, retryAfterMs }) => nack == null || !retryAfterMs)).toEqual([]);
  });
});

test('an upgrade while the server starts is refused for now', async () => {
  const wire = await startTcpProxy(Number(new URL(database.url).port));
  const url = new URL(database.url);
  url.port = String(wire.port);
  wire.swallow();
  const server = launch('server.ts', { PORT: String(await freePort()), DATABASE_URL: url.toString() });
  await until(async () =>
    expect(await dialFrames(server.url)).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.any(String) },
      body: { error: { code: 'database_unavailable' } },
    }),
  );
  wire.heal();
  await until(async () => (await FrameClient.open(server.url)).close());
  await server.stop();
  await wire.close();
});
