import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ask, requestHttp1, speak } from '../support/raw-http';
import { type Front, type ServerProcess, startServer } from '../support/server-process';

/** A raw answer's status and the code of its error. */
function errorIn(answer: string): { status: number; code: string } {
  const [head, body] = answer.split('\r\n\r\n', 2);
  expect(head, answer).toMatch(/content-type: application\/json; charset=utf-8/i);
  // In chunks where Next.js sends it.
  const { error } = JSON.parse(/\{.*\}/s.exec(body)![0]);
  expect(error).toEqual({ code: expect.any(String), message: expect.any(String), details: [] });
  return { status: Number(head.split(' ')[1]), code: error.code };
}

/** Requests that few send, and that HTTP allows or forbids. */
export function describeOddRequests(front: Front): void {
  describe(`odd requests, ${front}`, () => {
    let database: TestDatabase;
    let server: ServerProcess;
    let host: string;
    beforeAll(async () => {
      database = await createTestDatabase();
      server = await startServer(front, { DATABASE_URL: database.url });
      ({ host } = new URL(server.url));
    });
    afterAll(async () => {
      await server?.stop();
      await database?.drop();
    });
    const send = (line: string, rest = '') =>
      speak(server.url, `${line} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${rest}\r\n`);

    test.each(['OPTIONS *', 'GET *', 'POST *', 'TRACE *', 'GET metrics', 'GET ?a=b', 'GET ftp://x/y'])(
      '%s names nothing that can be asked',
      async (line) => {
        const answer = await send(line);
        // What is no address at all Node itself refuses.
        expect(errorIn(answer).status, answer).toBe(400);
      },
    );

    test.each([
      'TRACE /',
      'TRACE /api/metrics',
      'PROPFIND /metrics',
      'PURGE /api/health',
      'FOO /',
      'foo /api/x',
    ])('%s is nothing that can be asked', async (line) => {
      const answer = await send(line, 'cookie: secret=1\r\n');
      expect(errorIn(answer)).toEqual({ status: 501, code: 'not_implemented' });
      expect(answer).not.toContain('secret');
    });

    test('CONNECT opens no tunnel', async () => {
      const answer = await speak(server.url, `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      expect(errorIn(answer)).toEqual({ status: 501, code: 'not_implemented' });
    });

    test('what is not HTTP is answered so', async () => {
      for (const rubbish of ['rubbish\r\n\r\n', '\x16\x03\x01\x02\x00', 'rubbish / FTP/1.0\r\n\r\n'])
        expect(errorIn(await speak(server.url, rubbish))).toEqual({ status: 400, code: 'bad_request' });
      expect(errorIn(await speak(server.url, 'GET / HTTP/9.9\r\n\r\n'))).toMatchObject({ status: 400 });
      const large = await speak(server.url, `GET /${'a'.repeat(200_000)} HTTP/1.1\r\n\r\n`);
      expect(large).toMatch(/^HTTP\/1\.1 431 /);
    });

    test('an address with its host is one without', async () => {
      expect(await send(`GET http://${host}/api/health`)).toMatch(/^HTTP\/1\.1 200 .*"status":"ok"/s);
      expect(await send(`GET http://${host}/metrics`)).toMatch(/^HTTP\/1\.1 200 .*# HELP/s);
      expect(await send(`GET http://${host}`)).toMatch(/^HTTP\/1\.1 200 /);
      expect(await send(`GET http://${host}?by=x`)).toMatch(/^HTTP\/1\.1 200 /);
      const body = '{"name":"absolute","value":1}';
      const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
      expect(await send(`POST http://${host}/api/metrics`, `${head}\r\n${body}`)).toMatch(/"accepted":1/);
    });

    test.each([
      ['/api/metrics', 'GET, HEAD, POST, OPTIONS'],
      ['/api/metrics/x', 'GET, HEAD, OPTIONS'],
      ['/api/query', 'POST, OPTIONS'],
      ['/api/live', 'GET, HEAD, OPTIONS'],
      ['/api/login', 'POST, OPTIONS'],
      ['/api/health', 'GET, HEAD, OPTIONS'],
      ['/metrics', 'GET, HEAD, OPTIONS'],
      ['/hosts/x', 'GET, HEAD, OPTIONS'],
      ['/icon.svg', 'GET, HEAD, OPTIONS'],
    ])('OPTIONS %s names what works', async (path, allow) => {
      const { status, headers, body } = await ask(server.url, path, { method: 'OPTIONS' });
      expect([status, headers.allow, body]).toEqual([204, allow, '']);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        if (allow.includes(method)) continue;
        const refused = await ask(server.url, path, { method });
        expect(refused, `${method} ${path}`).toMatchObject({ status: 405 });
        expect(refused.headers.allow, `${method} ${path}`).toBeTruthy();
      }
    });

    test('what there is not cannot be asked how', async () => {
      expect(await ask(server.url, '/api/nothing', { method: 'OPTIONS' })).toMatchObject({ status: 404 });
    });

    test('who asks goes by the connection, whatever is said of it', async () => {
      // Thirty senders that are one, beyond what one may try.
      const named = await startServer(front, {
        DATABASE_URL: database.url,
        DASHBOARD_PASSWORD: 'open sesame',
        SESSION_SECRET: 's'.repeat(40),
      });
      const guess = (i: number, password = 'guess') =>
        ask(named.url, '/api/login', {
          method: 'POST',
          body: `password=${password}`,
          headers: { 'x-forwarded-for': `198.51.100.${i}` },
        });
      // In flight together: no more are looked at than one after the other.
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => guess(i)));
      expect(answers.filter(({ status }) => status === 303)).toHaveLength(10);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
      await named.stop();

      const behind = await startServer(front, {
        DATABASE_URL: database.url,
        DASHBOARD_PASSWORD: 'open sesame',
        SESSION_SECRET: 's'.repeat(40),
        TRUST_PROXY: '1',
      });
      const from = (address: string, password: string) =>
        ask(behind.url, '/api/login', {
          method: 'POST',
          body: `password=${password}`,
          headers: { 'x-forwarded-for': `spoofed, ${address}` },
        });
      for (let i = 0; i < 500; i++) await from('198.51.100.1', 'guess');
      expect(await from('198.51.100.1', 'open+sesame')).toMatchObject({ status: 429 });
      const clean = await from('198.51.100.2', 'open+sesame');
      expect(clean.headers['set-cookie']?.[0]).toContain('pulseboard_session=v1.');
      await behind.stop();
    });

    /** Sends a body bit by bit for as long as it is taken; resolves with the answer's status. */
    function drip(
      path: string,
      method: string,
      headers: Record<string, string>,
      chunk: string,
      everyMs: number,
    ) {
      return new Promise<{ status: number; sent: number; connection?: string }>((resolve, reject) => {
        const sent = requestHttp1(server.url, { path, method, headers });
        let bytes = 0;
        const timer = setInterval(() => {
          if (sent.destroyed || sent.writableNeedDrain) return;
          bytes += chunk.length;
          sent.write(chunk);
        }, everyMs);
        sent.on('response', (response) => {
          clearInterval(timer);
          resolve({
            status: response.statusCode!,
            sent: bytes,
            connection: String(response.headers.connection),
          });
          sent.destroy();
        });
        sent.on('error', (error) => {
          clearInterval(timer);
          reject(error);
        });
        sent.on('close', () => clearInterval(timer));
      });
    }

    const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
    const JSON_TYPE = { 'content-type': 'application/json' };
    const READING = new Set(['POST /api/login', 'POST /api/query']);
    const BODIES: Array<[method: string, path: string, headers: Record<string, string>]> = [
      ['POST', '/api/login', FORM],
      ['POST', '/api/query', JSON_TYPE],
      ['POST', '/api/logout', FORM],
      ['GET', '/api/metrics', {}],
      ['GET', '/', {}],
      ['GET', '/metrics', {}],
      ['GET', '/api/live?q=metric%3Dx', {}],
      ['DELETE', '/api/metrics', {}],
      ['PUT', '/api/nothing', {}],
    ];
    // Next.js answers it and closes at once, which takes the answer from whoever still writes inside of TLS.
    if (front !== 'TLS') BODIES.push(['OPTIONS', '/api/query', {}]);

    test.each(BODIES)('%s %s reads no more of a body than it may be large', async (method, path, headers) => {
      const announced = { ...headers, 'content-length': String(400 * 2 ** 20) };
      expect(await drip(path, method, announced, 'x'.repeat(1_000), 5)).toMatchObject({
        status: 413,
        connection: 'close',
      });
      const unannounced = { ...headers, 'transfer-encoding': 'chunked' };
      // What is not read is not waited for either, and who still writes may lose the answer with the connection.
      const isUnread = method !== 'GET' && !READING.has(`${method} ${path}`);
      const answer = await drip(path, method, unannounced, 'x'.repeat(100_000), 1).catch((error) => {
        if (isUnread && ['EPIPE', 'ECONNRESET'].includes(error.code)) return null;
        throw error;
      });
      if (!answer) return;
      const { status, sent, connection } = answer;
      expect([isUnread || status === 413, connection]).toEqual([true, 'close']);
      expect(sent).toBeLessThan(200 * 2 ** 20);
    });

    test.each([
      ['POST', '/api/login', FORM],
      ['GET', '/api/metrics', {}],
    ] as typeof BODIES)(
      '%s %s waits for a body no longer than it may take',
      async (method, path, headers) => {
        const announced = { ...headers, 'content-length': '4000' };
        expect(await drip(path, method, announced, 'x', 200)).toMatchObject({
          status: 408,
          connection: 'close',
        });
      },
    );

    test('a body is not what its encoding says', async () => {
      for (const path of ['/api/login', '/api/query']) {
        const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
        const { status, body } = await ask(server.url, path, { method: 'POST', headers, body: 'password=x' });
        expect([status, JSON.parse(body).error.code]).toEqual([415, 'unsupported_encoding']);
      }
    });

    test('a few bytes where none are needed do no harm', async () => {
      for (const path of ['/api/metrics', '/metrics', '/', '/hosts']) {
        const headers = { accept: 'text/html, application/json' };
        expect(await ask(server.url, path, { headers, body: '{}' }), path).toMatchObject({ status: 200 });
      }
      expect(await ask(server.url, '/api/metrics', { method: 'DELETE', body: '{}' })).toMatchObject({
        status: 405,
      });
    });

    test('questions are JSON, and say so', async () => {
      const body = '{"queries":[{"metric":"absolute"}]}';
      const types = ['text/plain', 'application/x-www-form-urlencoded', 'text/plain;application/json', ''];
      for (const type of types) {
        const headers = type === '' ? {} : { 'content-type': type };
        const answer = await ask(server.url, '/api/query', { method: 'POST', body, headers });
        expect(answer, type).toMatchObject({ status: 415 });
        expect(JSON.parse(answer.body).error.code).toBe('unsupported_content_type');
      }
      for (const type of ['application/json', 'Application/JSON; charset=utf-8']) {
        const headers = { 'content-type': type };
        expect(await ask(server.url, '/api/query', { method: 'POST', body, headers })).toMatchObject({
          status: 200,
        });
      }
    });

    test('uploads that nobody asked for are not held in memory', async () => {
      const rss = async () =>
        Number(/^process_resident_memory_bytes (\d+)$/m.exec((await ask(server.url, '/metrics')).body)?.[1]);
      const before = await rss();
      const upload = (path: string, method: string, headers: Record<string, string>) =>
        new Promise<void>((resolve) => {
          const sent = requestHttp1(server.url, { path, method, headers });
          let left = 400;
          const push = () => {
            while (left-- > 0) if (!sent.write(Buffer.alloc(2 ** 20, 'x'))) return;
            sent.end();
          };
          sent.on('drain', push).on('error', () => resolve());
          sent.on('response', (response) => response.resume());
          sent.on('close', () => resolve());
          push();
        });
      for (const [method, path, headers] of BODIES.slice(0, 4))
        await upload(path, method, { ...headers, 'transfer-encoding': 'chunked' });
      expect((await rss()) - before).toBeLessThan(150 * 2 ** 20);
    });
  });
}
