import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { ask } from '../support/raw-http';
import { type Front, type ServerProcess, startServer } from '../support/server-process';
import { type Client, clientOf, expectError } from './client';

const PASSWORD = 'correct horse battery staple';
const SECRET = 'x'.repeat(40);
const READS = [
  '/api/metrics',
  '/api/metrics/x',
  '/api/series?metric=x',
  '/api/live?q=metric%3Dx',
  '/api/fleet',
];

/** Keys and a password: who may write, who may look, and what becomes of those who may not. */
export function describePeople(front: Front): void {
  describe(`keys and people, ${front}`, () => {
    let database: TestDatabase;
    let server: ServerProcess;
    let client: Client;
    let session: string;

    beforeAll(async () => {
      database = await createTestDatabase();
      const hash = createHash('sha256').update('edge-secret').digest('hex');
      server = await startServer(front, {
        DATABASE_URL: database.url,
        INGEST_KEYS: `ci:ci-secret,edge:sha256:${hash}`,
        RATE_LIMIT: '1000,edge=3',
        DASHBOARD_PASSWORD: PASSWORD,
        SESSION_SECRET: SECRET,
      });
      client = clientOf(server.url);
    });
    afterAll(async () => {
      await server?.stop();
      await database?.drop();
    });

    const signIn = (password: string, next = '/metrics', headers: Record<string, string> = {}) =>
      fetch(`${server.url}/api/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: server.url, ...headers },
        body: new URLSearchParams({ password, next }),
      });

    test('without a session nothing can be read', async () => {
      for (const path of READS) expectError(await client.get(path), 401, 'unauthorized');
      const queries = await fetch(`${server.url}/api/query`, { method: 'POST', body: '{"queries":[]}' });
      expect(queries.status).toBe(401);
      for (const path of ['/', '/metrics?x=1', '/hosts/a']) {
        const page = await fetch(`${server.url}${path}`, {
          redirect: 'manual',
          headers: { accept: 'text/html' },
        });
        expect(page.status).toBe(303);
        const to = new URL(page.headers.get('location')!, server.url);
        expect([to.pathname, to.searchParams.get('next')]).toEqual(['/login', path]);
      }
      expect((await client.get('/api/health')).status).toBe(200);
      expect((await client.get('/api/ready')).status).toBe(200);
    });

    test('the login page is a form that needs no script, under a strict policy with a nonce of its own', async () => {
      const pages = await Promise.all(
        [1, 2].map(() => fetch(`${server.url}/login?next=/metrics`, { headers: { accept: 'text/html' } })),
      );
      const [html] = await Promise.all(pages.map((page) => page.text()));
      expect(html).toMatch(/<form[^>]+method="post"[^>]*>/);
      expect(html).toContain('value="/metrics"');
      const nonces = pages.map(({ headers }) => {
        const policy = headers.get('content-security-policy')!;
        expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/);
        expect(policy).not.toContain('unsafe-eval');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('referrer-policy')).toBe('same-origin');
        return /'nonce-([^']+)'/.exec(policy)![1];
      });
      expect(nonces[0]).not.toBe(nonces[1]);
      for (const [, tag] of html.matchAll(/<script([^>]*)>/g)) expect(tag).toContain(`nonce="${nonces[0]}"`);
    });

    test('the password gives a session, with which everything can be read', async () => {
      const answer = await signIn(PASSWORD);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/metrics']);
      const cookie = answer.headers.get('set-cookie')!;
      expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
      session = cookie.split(';')[0];
      expect((await client.get('/api/metrics', { cookie: session })).status).toBe(200);
      expect((await client.get('/api/fleet', { cookie: session })).status).toBe(200);
      const page = await fetch(`${server.url}/metrics`, {
        headers: { cookie: session, accept: 'text/html' },
      });
      expect([page.status, page.redirected]).toEqual([200, false]);
      const stream = await fetch(`${server.url}/api/live?q=metric%3Dx`, { headers: { cookie: session } });
      expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      await stream.body!.cancel();
      const basic = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;
      expect((await client.get('/api/metrics', { authorization: basic })).status).toBe(200);
    });

    test('forged, cut and foreign cookies open nothing', async () => {
      const [name, value] = session.split('=');
      const [version, , random, signature] = value.split('.');
      const later = (Date.now() + 6 * 86_400_000).toString(36);
      for (const forged of [
        value.slice(0, -1),
        `${version}.${later}.${random}.${signature}`,
        value.toUpperCase(),
        `${value}x`,
        '',
        'v1.zzzzzzzz.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
        encodeURIComponent(value).replace('v', '%76'),
      ]) {
        expectError(await client.get('/api/metrics', { cookie: `${name}=${forged}` }), 401, 'unauthorized');
      }
    });

    test('signing out ends a session for whoever copied its cookie: here, elsewhere, after a restart', async () => {
      const settings = { DATABASE_URL: database.url, DASHBOARD_PASSWORD: PASSWORD, SESSION_SECRET: SECRET };
      const other = await startServer(front, settings);
      const cookie = (await signIn(PASSWORD)).headers.get('set-cookie')!.split(';')[0];
      const look = (url: string, path = '/api/metrics') =>
        fetch(`${url}${path}`, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
      for (const { url } of [server, other]) expect((await look(url)).status).toBe(200);
      const streams = [
        await look(server.url, '/api/live?q=metric%3Dx'),
        await look(other.url, '/api/live?q=metric%3Dx'),
      ];

      const answer = await fetch(`${server.url}/api/logout`, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: server.url, cookie },
      });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login']);
      expectError(await client.get('/api/metrics', { cookie }), 401, 'unauthorized');
      expect((await look(server.url, '/metrics')).headers.get('location')).toMatch(/\/login/);
      await until(async () => expect((await look(other.url)).status).toBe(401));
      // Both streams end by themselves.
      await Promise.all(streams.map((stream) => stream.text()));
      await other.stop();

      const restarted = await startServer(front, settings);
      expect((await look(restarted.url)).status).toBe(401);
      await restarted.stop();
      // Other sessions go on.
      expect((await client.get('/api/metrics', { cookie: session })).status).toBe(200);
    });

    test('a form of another site signs nobody in, and a wrong password says no more than that', async () => {
      expect((await signIn(PASSWORD, '/', { origin: 'https://evil.example' })).status).toBe(403);
      const wrong = await signIn('guess', '//evil.example');
      expect([wrong.status, wrong.headers.get('location')]).toEqual([303, '/login?wrong=1&next=%2F']);
      expect(wrong.headers.get('set-cookie')).toBeNull();
    });

    test('guessing ends, also as HTTP Basic', async () => {
      let answer = await signIn('guess');
      for (let i = 0; i < 15 && answer.status === 303; i++) answer = await signIn('guess');
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      const basic = `Basic ${Buffer.from('me:guess').toString('base64')}`;
      expectError(await client.get('/api/metrics', { authorization: basic }), 429, 'rate_limited');
      // Whoever is in already stays in.
      expect((await client.get('/api/metrics', { cookie: session })).status).toBe(200);
    });

    test('keys: none 401, wrong 403, right in; a session does not write', async () => {
      const sample = { name: client.freshName(), value: 1 };
      expectError(await client.post(sample), 401, 'unauthorized');
      for (const key of ['wrong', 'ci', 'ci:ci-secret', 'edge-secre']) {
        expectError(await client.post(sample, { key }), 403, 'forbidden');
      }
      await client.accepted(sample, { key: 'ci-secret' });
      const written = await fetch(`${server.url}/api/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: session },
        body: JSON.stringify(sample),
      });
      expect(written.status).toBe(401);
    });

    test('a key has its own rate, and the answer says what is left', async () => {
      const sample = { name: client.freshName(), value: 1 };
      const answers = [];
      for (let i = 0; i < 4; i++) answers.push(await client.post(sample, { key: 'edge-secret' }));
      // A minute may have turned in between: then a little of the limit has come back.
      const refused = answers.at(-1)!;
      expect(answers[0].headers.get('ratelimit-limit')).toBe('3');
      expect(answers[0].headers.get('ratelimit-remaining')).toBe('2');
      expectError(refused, 429, 'rate_limited');
      expect(refused.headers.get('ratelimit-remaining')).toBe('0');
      expect(Number(refused.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await client.accepted(sample, { key: 'ci-secret' });
    });

    test('a scraper reads our own figures with a key', async () => {
      expect((await client.get('/metrics')).status).toBe(401);
      const figures = await client.get('/metrics', { authorization: 'Bearer ci-secret' });
      expect([figures.status, String(figures.body).slice(0, 6)]).toEqual([200, '# HELP']);
    });

    test.each([
      '/api/../api/metrics',
      '/api/%2e%2e/api/metrics',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/_next/static/../../../package.json',
      '/_next/../api/metrics',
      '/api/metrics/..%2f..%2fsecret',
      '//evil.example/%2f..',
      '/api/metrics\\..\\..',
      '/API/METRICS',
      '/metrics/%00',
      `/${'a/'.repeat(3_000)}`,
    ])('a path with tricks shows nothing: %s', async (path) => {
      const { status, body } = await ask(server.url, path);
      expect(status).not.toBe(200);
      expect(status).toBeLessThan(500);
      expect(body).not.toMatch(/root:|"dependencies"|node_modules|\bat \S+ \(/);
    });

    test('headers cannot be put into answers', async () => {
      const path = '/login?wrong=1&next=%2F%0d%0aset-cookie:%20a=b';
      const { headers } = await ask(server.url, path);
      expect(headers['set-cookie']).toBeUndefined();
      const answer = await signIn(PASSWORD, '/\r\nset-cookie: a=b', { 'x-forwarded-for': '203.0.113.7' });
      expect(answer.headers.get('set-cookie') ?? '').not.toContain('a=b');
    });
  });
}
