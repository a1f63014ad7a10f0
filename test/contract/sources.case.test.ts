import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ask, type RawAnswer, type RawRequest, speak } from '../support/raw-http';
import { type Front, type ServerProcess, startServer } from '../support/server-process';

const KEYS = { INGEST_KEYS: 'key', DASHBOARD_PASSWORD: 'open sesame', SESSION_SECRET: 's'.repeat(40) };
const SAMPLE = JSON.stringify({ name: 'coffee_cups', value: 1 });
const JSON_TYPE = { 'content-type': 'application/json' };

/** One of each kind: pages, reads, writes, streams, files, what is public, what is not there. */
const QUESTIONS: Array<[path: string, question: RawRequest]> = [
  ['/', { headers: { accept: 'text/html' } }],
  ['/login', { headers: { accept: 'text/html' } }],
  ['/metrics', {}],
  ['/metrics', { headers: { rsc: '1' } }],
  ['/api/metrics', {}],
  ['/api/metrics', { method: 'OPTIONS' }],
  ['/api/metrics', { method: 'POST', body: SAMPLE, headers: JSON_TYPE }],
  ['/api/query', { method: 'POST', body: '{"queries":[{"metric":"coffee_cups"}]}', headers: JSON_TYPE }],
  ['/api/live?q=metric%3Dcoffee_cups', {}],
  ['/api/login', { method: 'POST', body: 'password=x' }],
  ['/api/logout', { method: 'POST' }],
  ['/api/openapi.json', {}],
  ['/icon.svg', {}],
  ['/_next/static/nothing.js', {}],
  ['/nothing', {}],
  ['/api/nothing', {}],
];
const HEALTH = ['/api/health', '/api/ready'];

function expectRefusal(
  { status, headers, body }: RawAnswer,
  expected: number,
  code: string,
  context: string,
) {
  expect(status, context).toBe(expected);
  expect(headers['content-type'], context).toBe('application/json; charset=utf-8');
  expect(JSON.parse(body), context).toMatchObject({
    error: { code, message: expect.any(String), details: [] },
  });
}

/** Names that are not ours (DNS rebinding) and pages of other sites. */
export function describeSources(front: Front): void {
  describe(`where requests are from, ${front}`, () => {
    let database: TestDatabase;
    let keyless: ServerProcess;
    let named: ServerProcess;
    beforeAll(async () => {
      database = await createTestDatabase();
      const DATABASE_URL = database.url;
      keyless = await startServer(front, { DATABASE_URL, ALLOWED_HOSTS: 'pulse.lan' });
      named = await startServer(front, { DATABASE_URL, ...KEYS, TRUST_PROXY: '1' });
    });
    afterAll(async () => {
      await Promise.all([keyless?.stop(), named?.stop()]);
      await database?.drop();
    });

    /** Asks everything with these headers besides. */
    async function each(
      url: string,
      more: Record<string, string>,
      look: (answer: RawAnswer, context: string) => void,
      questions = QUESTIONS,
    ) {
      for (const [path, question] of questions) {
        // A stream that is let in does not end by itself.
        if (path.startsWith('/api/live') && look === expectServed) continue;
        const headers = { ...question.headers, ...more };
        const context = `${question.method ?? 'GET'} ${path} ${JSON.stringify(headers)}`;
        look(await ask(url, path, { ...question, headers }), context);
      }
    }
    const expectServed = ({ status }: RawAnswer, context: string) => {
      expect([200, 204, 303, 307, 404, 401], context).toContain(status);
    };
    const health = HEALTH.map((path): [string, RawRequest] => [path, {}]);

    test('without keys a name that is not ours is refused, whatever is asked', async () => {
      for (const host of [
        'evil.example',
        'evil.example:3000',
        '127.0.0.1.evil.example',
        'localhost@evil.example',
        '192.0.2.1',
        '[::2]:3000',
        'x',
      ])
        await each(
          keyless.url,
          { host },
          (answer, context) => expectRefusal(answer, 421, 'misdirected', context),
          [...QUESTIONS, ...health],
        );
    });

    test('ours are answered, and those that the operator lists', async () => {
      for (const host of [
        'localhost',
        'LOCALHOST:3000',
        'localhost.',
        'a.localhost',
        '127.9.9.9:1',
        '[::1]:3000',
        'pulse.lan',
        'Pulse.LAN:80',
      ])
        await each(keyless.url, { host }, expectServed, [...QUESTIONS, ...health]);
    });

    test('no name, two names, or another one in the address are refused', async () => {
      const { host } = new URL(keyless.url);
      const heads: Array<[head: string, status: RegExp]> = [
        ['GET /api/metrics HTTP/1.0\r\n', /^HTTP\/1\.1 421 /],
        ['GET /api/metrics HTTP/1.1\r\nhost:\r\n', /^HTTP\/1\.1 4(21|00) /],
        [`GET /api/metrics HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\n`, /^HTTP\/1\.1 421 /],
        [`GET /api/metrics HTTP/1.1\r\nhost: ${host}\r\nHOST: ${host}\r\n`, /^HTTP\/1\.1 421 /],
        [`GET http://evil.example/api/metrics HTTP/1.1\r\nhost: ${host}\r\n`, /^HTTP\/1\.1 421 /],
        [`GET http://${host}/api/metrics HTTP/1.1\r\nhost: evil.example\r\n`, /^HTTP\/1\.1 421 /],
        [`GET http://me@${host}/api/metrics HTTP/1.1\r\nhost: ${host}\r\n`, /^HTTP\/1\.1 421 /],
        [`GET http://${host}/api/metrics HTTP/1.1\r\nhost: ${host}\r\n`, /^HTTP\/1\.1 200 /],
        [`GET HTTP://${host.toUpperCase()}/api/metrics HTTP/1.1\r\nhost: ${host}\r\n`, /^HTTP\/1\.1 200 /],
      ];
      for (const [head, status] of heads) {
        const answer = await speak(keyless.url, `${head}connection: close\r\n\r\n`);
        expect(answer, head).toMatch(status);
        if (!answer.startsWith('HTTP/1.1 200')) expect(answer, head).not.toContain('coffee_cups');
      }
      // Node itself refuses this one where Next.js has made the server.
      const none = await speak(keyless.url, 'GET /api/metrics HTTP/1.1\r\nconnection: close\r\n\r\n');
      expect(none).toMatch(
        front === 'server.ts' ? /^HTTP\/1\.1 421 .*"misdirected"/s : /^HTTP\/1\.1 4(00|21) /,
      );
    });

    test('upgrades are no way around', async () => {
      const upgrade = (headers: string) =>
        `GET /api/live HTTP/1.1\r\n${headers}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
      const { host } = new URL(keyless.url);
      expect(await speak(keyless.url, upgrade('host: evil.example\r\n'))).toMatch(
        /^HTTP\/1\.1 421 .*"misdirected"/s,
      );
      const foreign = upgrade(`host: ${host}\r\norigin: http://evil.example\r\n`);
      expect(await speak(keyless.url, foreign)).toMatch(/^HTTP\/1\.1 403 .*"forbidden"/s);
      expect(await speak(keyless.url, upgrade(`host: ${host}\r\n`))).toMatch(
        /^HTTP\/1\.1 404 .*"not_found"/s,
      );
    });

    test('what pages of other sites ask is refused, but for health', async () => {
      const { port, protocol } = new URL(keyless.url);
      const otherScheme = protocol === 'http:' ? 'https' : 'http';
      for (const headers of [
        { origin: 'http://evil.example' },
        { origin: 'https://evil.example:443' },
        { origin: 'null' },
        { origin: `http://localhost:${port}` },
        { origin: `${otherScheme}://127.0.0.1:${port}` },
        { origin: 'http://127.0.0.1:1' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      ] as Array<Record<string, string>>) {
        await each(keyless.url, headers, (answer, context) =>
          expectRefusal(answer, 403, 'forbidden', context),
        );
        await each(keyless.url, headers, expectServed, health);
      }
      const { body } = await ask(keyless.url, '/api/metrics');
      expect(body).not.toContain('tea_cups');
    });

    test('our own pages, programs and links from elsewhere go on', async () => {
      for (const headers of [
        { origin: keyless.url },
        { origin: keyless.url, 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      ] as Array<Record<string, string>>)
        await each(keyless.url, headers, expectServed);
      const visit = {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      };
      const pages: Array<[string, RawRequest]> = [
        '/',
        '/metrics',
        '/promql',
        '/hosts',
        '/status',
        '/login',
      ].map((path) => [path, { headers: { accept: 'text/html' } }]);
      await each(keyless.url, visit, ({ status }, context) => expect(status, context).toBe(200), pages);
      await each(
        named.url,
        visit,
        ({ status }, context) => expect([200, 303], context).toContain(status),
        pages,
      );
      expectRefusal(await ask(keyless.url, '/api/metrics', { headers: visit }), 403, 'forbidden', 'visit');
    });

    test('with keys any name will do, and behind a proxy the name and scheme it was asked for', async () => {
      const host = 'metrics.example.com';
      const signIn = (headers: Record<string, string>) =>
        ask(named.url, '/api/login', { method: 'POST', body: 'password=open+sesame', headers });
      const proxied = { host, 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
      expect(await signIn({ ...proxied, origin: `https://${host}` })).toMatchObject({ status: 303 });
      expect(await signIn({ ...proxied, origin: `http://${host}` })).toMatchObject({ status: 403 });
      expect(await signIn({ ...proxied, origin: 'https://evil.example' })).toMatchObject({ status: 403 });
      const renamed = { ...proxied, host: 'app:3000', 'x-forwarded-host': host };
      const inside = await signIn({ ...renamed, origin: `https://${host}` });
      expect(inside).toMatchObject({ status: 303, headers: { location: '/' } });
      expect(inside.headers['set-cookie']?.[0]).toContain('; Secure');
      expect(await signIn({ ...renamed, origin: 'https://app:3000' })).toMatchObject({ status: 403 });
      for (const path of HEALTH)
        expect(await ask(named.url, path, { headers: { host: 'app:3000' } })).toMatchObject({ status: 200 });
    });
  });
}
