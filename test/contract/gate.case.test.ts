import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueSession, SESSION_COOKIE, SESSION_MS, sessionKey } from '@/lib/access/auth/session';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { ask, type RawAnswer } from '../support/raw-http';
import { type Front, type ServerProcess, startServer } from '../support/server-process';
import { clientOf } from './client';
import { SPELLINGS, TRICKS } from './gate-tricks';

const PASSWORD = 'open sesame';
const SECRET = 's'.repeat(40);
const KEY = 'key-of-senders';
const METRIC = 'hidden_metric_bytes';
const HOST = 'hidden-host-7';
const REGION = 'hidden-region';
/** What only those may see who may look. */
const HIDDEN = [METRIC, HOST, REGION, PASSWORD, SECRET, KEY, 'pulseboard_ingest'];

interface Place {
  path: string;
  /** Others than GET. */
  method?: 'POST';
  /** For everybody: there is nothing of the data in it. */
  open?: true;
}

/** Every page and route of the folder `app`: a new one belongs here, and is asked with every trick below. */
const PLACES: Record<string, Place> = {
  '/': { path: '/' },
  '/connect': { path: '/connect' },
  '/events': { path: '/events' },
  '/hosts': { path: '/hosts' },
  '/hosts/[host]': { path: `/hosts/${HOST}` },
  '/metrics': { path: '/metrics' },
  '/metrics/[...name]': { path: `/metrics/${METRIC}` },
  '/promql': { path: '/promql?query=1' },
  '/status': { path: '/status' },
  '/login': { path: '/login', open: true },
  '/api/[[...unknown]]': { path: '/api/nothing' },
  '/api/events': { path: '/api/events' },
  '/api/fleet': { path: '/api/fleet' },
  '/api/fleet/labels': { path: '/api/fleet/labels' },
  '/api/fleet/map': { path: '/api/fleet/map' },
  '/api/health': { path: '/api/health', open: true },
  '/api/hosts': { path: '/api/hosts' },
  '/api/live': { path: `/api/live?q=metric%3D${METRIC}%26by%3Dhost` },
  '/api/login': { path: '/api/login', method: 'POST', open: true },
  '/api/logout': { path: '/api/logout', method: 'POST', open: true },
  '/api/metrics': { path: '/api/metrics' },
  '/api/metrics/[...name]': { path: `/api/metrics/${METRIC}?by=host` },
  '/api/openapi.json': { path: '/api/openapi.json', open: true },
  '/api/prometheus': { path: '/api/prometheus' },
  '/api/query': { path: '/api/query', method: 'POST' },
  '/api/ready': { path: '/api/ready', open: true },
  '/api/series': { path: `/api/series?metric=${METRIC}` },
  '/api/targets': { path: '/api/targets' },
  '/api/v1/alerts': { path: '/api/v1/alerts' },
  '/api/v1/label/[name]/values': { path: '/api/v1/label/host/values' },
  '/api/v1/labels': { path: '/api/v1/labels' },
  '/api/v1/metadata': { path: '/api/v1/metadata' },
  '/api/v1/query': { path: `/api/v1/query?query=${METRIC}`, method: 'POST' },
  '/api/v1/query_exemplars': { path: '/api/v1/query_exemplars' },
  '/api/v1/query_range': { path: `/api/v1/query_range?query=${METRIC}&start=1&end=2&step=1` },
  '/api/v1/rules': { path: '/api/v1/rules' },
  '/api/v1/series': { path: `/api/v1/series?match[]=${METRIC}`, method: 'POST' },
  '/api/v1/status/buildinfo': { path: '/api/v1/status/buildinfo' },
  '/ping': { path: '/ping', open: true },
};
const CLOSED = Object.values(PLACES).filter(({ open }) => !open);

/** The address of a page or route from its file: folders in parentheses are not part of it. */
function addressOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  return `/${folders.filter((folder) => !folder.startsWith('(')).join('/')}`;
}

test('every page and route there is stands in the table', () => {
  const files = readdirSync('app', { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|\/)(page|route|default)\.\w+$/.test(file),
  );
  expect(files.map(addressOf).sort()).toEqual(Object.keys(PLACES).sort());
});

/** Who may look, asked from outside with all that is known to have led past a gate. */
export function describeGate(front: Front): void {
  describe(`the gate, ${front}`, () => {
    let database: TestDatabase;
    let server: ServerProcess;
    let cookies: Record<string, string | undefined>;
    let session: string;

    const cookieOf = (value: string) => `${SESSION_COOKIE}=${value}`;
    const post = (path: string, headers: Record<string, string>, body = '') =>
      ask(server.url, path, { method: 'POST', headers, body });
    const signIn = async () => {
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const { headers } = await post('/api/login', form, String(new URLSearchParams({ password: PASSWORD })));
      return headers['set-cookie']![0].split(';')[0];
    };

    beforeAll(async () => {
      database = await createTestDatabase();
      server = await startServer(front, {
        DATABASE_URL: database.url,
        INGEST_KEYS: KEY,
        DASHBOARD_PASSWORD: PASSWORD,
        SESSION_SECRET: SECRET,
      });
      const labels = { host: HOST, region: REGION };
      await clientOf(server.url).accepted({ name: METRIC, value: 1, labels }, { key: KEY });
      session = await signIn();
      const ended = await signIn();
      await post('/api/logout', { cookie: ended });
      const key = sessionKey(SECRET, PASSWORD);
      cookies = {
        none: undefined,
        wrong: cookieOf(issueSession(sessionKey('another secret', PASSWORD), Date.now())),
        expired: cookieOf(issueSession(key, Date.now() - SESSION_MS - 1_000)),
        ended,
        nonsense: `${SESSION_COOKIE}=${'A'.repeat(200)}; __prerender_bypass=1; next-instant-navigation-testing=1`,
      };
    });
    afterAll(async () => {
      await server?.stop();
      await database?.drop();
    });

    /** That nothing of what is hidden is in an answer, but for what was in the question. */
    function expectNothingOf(answer: RawAnswer, question: string): void {
      const text = `${JSON.stringify(answer.headers)}${answer.body}`;
      for (const hidden of HIDDEN)
        if (!question.includes(hidden)) expect(text.includes(hidden), `${hidden} in ${question}`).toBe(false);
      expect(answer.status, question).toBeLessThan(500);
      expect(answer.body, question).not.toMatch(/node_modules|\bat \S+ \(/);
    }

    test('whoever is signed in sees what the others must not', async () => {
      const shows = async (path: string, expected: string[], headers = {}) => {
        const response = await fetch(`${server.url}${path}`, { headers: { cookie: session, ...headers } });
        const body = await response.text();
        expect([response.status, new URL(response.url).pathname]).toEqual([200, path]);
        for (const each of expected) expect(body, path).toContain(each);
      };
      const html = { accept: 'text/html' };
      await shows('/metrics', [METRIC], html);
      await shows('/metrics', [METRIC], { rsc: '1' });
      await shows('/hosts', [HOST], html);
      await shows(`/hosts/${HOST}`, [METRIC], html);
      await shows('/metrics', ['pulseboard_ingest']);
      await shows('/api/metrics', [METRIC]);
      await shows('/api/hosts', [HOST]);
    });

    test.each(CLOSED)('$method $path is closed, whatever is said beside', async ({ path, method }) => {
      for (const [name, cookie] of Object.entries(cookies)) {
        for (const trick of TRICKS) {
          const headers = { ...trick, ...(cookie && { cookie }), 'content-type': 'application/json' };
          const body = method === 'POST' ? JSON.stringify({ queries: [{ metric: METRIC, by: 'host' }] }) : '';
          const answer = await ask(server.url, path, { method, headers, body });
          const question = `${method ?? 'GET'} ${path} ${name} ${JSON.stringify(trick)}`;
          expectNothingOf(answer, question);
          expect([401, 403, 303], question).toContain(answer.status);
        }
      }
    });

    test.each(CLOSED)('$method $path is closed for every method', async ({ path }) => {
      for (const method of [
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
      ]) {
        const answer = await ask(server.url, path, { method }).catch((error: Error) => error);
        if (answer instanceof Error) throw new Error(`${method} ${path}`, { cause: answer });
        const question = `${method} ${path}`;
        if (answer.status !== 501) expectNothingOf(answer, question);
        expect([204, 303, 401, 404, 405, 501], question).toContain(answer.status);
      }
    });

    test('what is open shows nothing', async () => {
      for (const { path, method, open } of Object.values(PLACES)) {
        if (!open) continue;
        for (const trick of TRICKS)
          expectNothingOf(
            await ask(server.url, path, { method, headers: trick }),
            `${path} ${Object.keys(trick)}`,
          );
      }
    });

    // What does not begin with a slash HTTP/2 itself refuses.
    const spellings = SPELLINGS.filter((path) => front !== 'TLS' || path.startsWith('/'));
    test.each(spellings)('%s leads nowhere', async (path) => {
      for (const headers of [{}, { accept: 'text/html' }, { rsc: '1' }, { 'x-nextjs-data': '1' }]) {
        const answer = await ask(server.url, path, { headers });
        expectNothingOf(answer, path);
        expect(answer.status, path).not.toBe(200);
      }
      // Nor, for somebody who may look, to a fault.
      const { status } = await ask(server.url, path, { headers: { cookie: session, accept: 'text/html' } });
      expect(status, path).toBeLessThan(500);
    });

    test('images are not made smaller', async () => {
      for (const cookie of [undefined, session]) {
        for (const path of ['/_next/image', '/_next/image?url=%2Ficon.svg&w=64&q=75', '/_next/image/x']) {
          const { status } = await ask(server.url, path, { headers: { ...(cookie && { cookie }) } });
          expect(status, path).toBe(404);
        }
      }
    });

    test('headers that only Next.js may set mislead no viewer', async () => {
      for (const trick of TRICKS) {
        const headers = { ...trick, cookie: session };
        const { status } = await ask(server.url, '/hosts', { headers });
        expect([200, 307], JSON.stringify(trick)).toContain(status);
        expect(await ask(server.url, '/api/metrics', { headers })).toMatchObject({ status: 200 });
      }
    });
  });
}
