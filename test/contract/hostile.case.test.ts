import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LABEL_NAME } from '@/lib/model/labels';
import { METRIC_NAME } from '@/lib/model/series';
import { SeriesAnswer } from '@/lib/model/wire/catalogue';
import { ErrorAnswer } from '@/lib/model/wire/error';
import type { Engine } from '@/lib/store/store';
import { IngestAnswer } from '@/lib/write/ingest/schemas';
import { Dice, type HostileRequest, hostileRequest } from '../support/hostile-bodies';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { type ServerProcess, startServer } from '../support/server-process';
import { type Client, clientOf } from './client';

/** `FUZZ_SEED=7 FUZZ_BODIES=100000` repeats a sequence, or makes it longer. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);
const BODIES = Number(process.env.FUZZ_BODIES ?? 3_000);
const SENDERS = 8;
/** What the process may hold: a leak of a few KB a body, or an answer that keeps its body, goes beyond it. */
const MOST_RSS_BYTES = 700 * 2 ** 20;

/** Hostile bodies and bytes to a server whose database is on the given one, by default the run's own. */
export function hostileCases(engine: Engine, databaseServer?: string): void {
  let database: TestDatabase;
  let server: ServerProcess;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase(databaseServer);
    // A small heap, so that what is kept by mistake ends the process instead of hiding in a large one.
    server = await startServer('server.ts', {
      DATABASE_URL: database.url,
      STORE_ENGINE: engine,
      NODE_OPTIONS: '--max-old-space-size=256',
    });
    client = clientOf(server.url);
  });
  afterAll(async () => {
    await server?.stop();
    await database?.drop();
  });

  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });

  /** Status and text of the answer; a sender that is cut off while it still sends has its answer, too. */
  function send({
    body,
    type,
    encoding,
    query = '',
  }: HostileRequest): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
      const sent = request(
        `${server.url}/api/metrics${query}`,
        { method: 'POST', agent, headers },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.setTimeout(60_000, () => sent.destroy(new Error('no answer within a minute')));
      sent.end(body);
    });
  }

  async function rssBytes(): Promise<number> {
    const { body } = await client.get('/metrics');
    return Number(/^process_resident_memory_bytes (\d+)$/m.exec(String(body))?.[1]);
  }

  test('thousands of hostile bodies: always an answer of the contract, never a growing process', {
    timeout: 300_000,
  }, async () => {
    const dice = new Dice(SEED);
    let mostRss = 0;
    let sent = 0;
    const sender = async () => {
      while (sent < BODIES) {
        const number = sent++;
        const hostile = hostileRequest(dice);
        const { status, text } = await send(hostile).catch((error) => {
          throw new Error(`body ${number} of seed ${SEED} (${hostile.attempt}, ${hostile.type})`, {
            cause: error,
          });
        });
        const context = `body ${number} of seed ${SEED} (${hostile.attempt}, ${hostile.type}): ${status} ${text.slice(0, 300)}`;
        expect([200, 400, 413, 415], context).toContain(status);
        const shape = status === 200 ? IngestAnswer : ErrorAnswer;
        expect(shape.safeParse(JSON.parse(text)).error, context).toBeUndefined();
        expect(text.length, context).toBeLessThan(50_000);
        if (number % 200 === 0) mostRss = Math.max(mostRss, await rssBytes());
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    expect(mostRss).toBeLessThan(MOST_RSS_BYTES);
    expect(server.output()).not.toMatch(/"level":(50|60)/);
  });

  test('nothing hostile got in', async () => {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { series, next } = SeriesAnswer.parse(
        (await client.get(`/api/series?limit=1000&cursor=${cursor}`)).body,
      );
      for (const { metric, labels } of series) {
        expect(metric).toMatch(METRIC_NAME);
        expect(metric.length).toBeLessThanOrEqual(200);
        for (const [name, value] of Object.entries(labels)) {
          expect(name).toMatch(LABEL_NAME);
          expect(name).not.toBe('__proto__');
          expect(value.isWellFormed() && !value.includes('\0') && value.length <= 256).toBe(true);
        }
      }
      cursor = next;
    }
    await client.accepted({ name: client.freshName(), value: 1 });
  });

  test('whoever sends far too much, and reads only after that, has an answer', async () => {
    const body = Buffer.alloc(16 * 2 ** 20, 'x');
    const sendAllThenRead = async (): Promise<string> => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.pause();
      socket.write('POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n');
      socket.write(`content-length: ${body.length}\r\n\r\n`);
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.write(body, () => resolve());
      });
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    for (const text of await Promise.all(Array.from({ length: 8 }, sendAllThenRead)))
      expect(text).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s);
  });

  test('what is not HTTP is refused, and does not affect the others', async () => {
    const dice = new Dice(SEED);
    const attempts = [
      'rubbish\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
      'POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\ncontent-length: 6\r\n\r\nhello',
      'POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
      `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
      'GET //evil.example/%2e%2e/%00 HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n',
      'GET /api/%ff%fe HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n',
      'GET /api/metrics/%E0%A4%A HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n',
      Buffer.from(Array.from({ length: 500 }, () => dice.below(256))),
    ];
    for (const attempt of attempts) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => (text += chunk));
        socket.on('error', () => resolve(text));
        socket.on('close', () => resolve(text));
        socket.write(attempt);
      });
      expect(answer, String(attempt).slice(0, 80)).toMatch(/^(HTTP\/1\.1 (4\d\d|308) |$)/);
      expect(answer).not.toMatch(/\n\s+at /);
    }
    await client.accepted({ name: client.freshName(), value: 1 });
  });
}
