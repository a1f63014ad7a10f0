import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockSamples } from '../support/lock-samples';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { FRONTS, startServer } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { clientOf } from './client';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** The server gives requests under way five seconds, and itself fifteen. */
const SOON_MS = 12_000;

/** Posts batches of ten, several at a time, until the server does not answer; notes the values it acknowledged. */
async function postUntilRefused(url: string, metric: string, acknowledged: number[]): Promise<void> {
  let next = 0;
  const start = Date.now() - 60_000;
  const worker = async () => {
    for (;;) {
      const first = next;
      next += 10;
      const samples = Array.from({ length: 10 }, (_, i) => ({
        name: metric,
        value: first + i,
        timestamp: start + first + i,
      }));
      const answer = await clientOf(url)
        .post(samples)
        .catch(() => null);
      if (answer?.status !== 200) return;
      acknowledged.push(...samples.map(({ value }) => value));
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** A body whose sender has gone quiet after its first sample. */
function neverEnding(metric: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(`{"name":"${metric}","value":1}\n`));
    },
  });
}

const NDJSON = { type: 'application/x-ndjson' };

function untilRefused(url: string): Promise<void> {
  return until(() =>
    expect(fetch(`${url}/api/health`).then((response) => response.arrayBuffer())).rejects.toThrow(),
  );
}

describe.each(FRONTS)('SIGTERM, %s', (front) => {
  test('under load with open streams: nothing acknowledged is lost, and it ends soon', async () => {
    const server = await startServer(front, { DATABASE_URL: database.url });
    const metric = `stopping_${front.replaceAll(/\W/g, '_')}`;
    await clientOf(server.url).accepted({ name: metric, value: -1, timestamp: Date.now() });
    const streams = await Promise.all(
      [1, 2, 3].map(() =>
        fetch(`${server.url}/api/live?q=${encodeURIComponent(`metric=${metric}&step=1s`)}`),
      ),
    );
    for (const stream of streams) expect(stream.status).toBe(200);
    const ended = Promise.all(streams.map((stream) => stream.text().catch(() => 'cut off')));

    const acknowledged: number[] = [];
    const load = postUntilRefused(server.url, metric, acknowledged);
    await until(() => expect(acknowledged.length).toBeGreaterThan(1_000));
    const asked = Date.now();
    server.signal('SIGTERM');
    const code = await server.exited;
    expect(Date.now() - asked).toBeLessThan(SOON_MS);
    // Next.js says which signal it was, as a shell would.
    expect(code).toBe(front === 'next start' ? 143 : 0);
    for (const text of await ended) expect(text).toContain('event: status');

    await load;
    const stored = (await storedSamples(database.url, metric)).map(({ value }) => value);
    expect(new Set(stored).size).toBe(stored.length);
    const kept = new Set(stored);
    expect(acknowledged.filter((value) => !kept.has(value))).toEqual([]);
  });
});

test('a request under way is finished, a body that does not come is not waited for', async () => {
  const server = await startServer('server.ts', { DATABASE_URL: database.url });
  const client = clientOf(server.url);
  let end!: () => void;
  const slow = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from(`{"name":"slow_body","value":1}\n`));
      end = () => controller.close();
    },
  });
  const finishing = client.post(slow, NDJSON);
  const never = client.post(neverEnding('never'), NDJSON).catch(() => null);
  for (const metric of ['slow_body', 'never'])
    await until(async () => expect(await client.stored(metric)).toHaveLength(1));
  const asked = Date.now();
  server.signal('SIGTERM');
  await untilRefused(server.url);
  end();
  expect(await finishing).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(await server.exited).toBe(0);
  expect(Date.now() - asked).toBeLessThan(SOON_MS);
  expect(await never).toBeNull();
});

test('a second signal ends it at once', async () => {
  const server = await startServer('server.ts', { DATABASE_URL: database.url });
  const client = clientOf(server.url);
  const never = client.post(neverEnding('second_signal'), NDJSON).catch(() => null);
  await until(async () => expect(await client.stored('second_signal')).toHaveLength(1));
  server.signal('SIGINT');
  await untilRefused(server.url);
  server.signal('SIGINT');
  // By itself it would wait for that body, and end in order.
  expect(await server.exited).toBe(1);
  await never;
});

test('a database that does not answer does not keep it from ending', async () => {
  const server = await startServer('server.ts', { DATABASE_URL: database.url });
  const client = clientOf(server.url);
  await client.accepted({ name: 'stuck', value: 1 });
  const unlock = await lockSamples(database.url);
  const stuck = client.post({ name: 'stuck', value: 2 }).catch(() => null);
  await until(async () =>
    expect(String((await client.get('/metrics')).body)).toContain('pulseboard_commits_in_flight 1'),
  );
  server.signal('SIGTERM');
  expect(await server.exited).toBe(1);
  // The answer comes in time, though nobody knows whether the sample is stored.
  expect(await stuck).toMatchObject({ status: 503 });
  await unlock();
});
