import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INGEST_ENDPOINTS } from '@/lib/api/ingest/endpoints';
import { openApiDocument } from '@/lib/api/openapi/document';
import { withRows } from '../support/added-rows';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { freePort, until } from '../support/processes';
import { ask, type RawRequest } from '../support/raw-http';
import { bundle, type ServerProcess, startProgram } from '../support/server-process';
import { storedSamples } from '../support/stored-samples';
import { encodePacked, packedEndpoint } from './packed';
import { pushEndpoint } from './push';
import { ROWS, SETTINGS } from './rows';

const TYPE = { 'content-type': 'application/x-packed' };
const PACKED = { ...TYPE, 'x-packed-key': 'secret' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const valuesOf = async (metric: string) =>
  (await storedSamples(database.url, metric)).map(({ value }) => value);

let names = 0;
const freshName = () => `seam_${names++}`;

/** As our own process answers them, and as the route handlers do where Next.js runs by itself. */
describe.each([
  ['server.ts', 'server.ts', {}],
  ['route handlers', 'test/support/bare-node.ts', { ROUTES_OF_NEXT: 'on' }],
])('an ingest protocol is one row, %s', (_front, program, env) => {
  let server: ServerProcess;
  beforeAll(async () => {
    const extended = await bundle(program, [withRows(ROWS)]);
    const LINES_PORT = String(await freePort());
    server = await startProgram(extended, { DATABASE_URL: database.url, LINES_PORT, ...SETTINGS, ...env });
  });
  afterAll(() => server?.stop());

  const post = async (path: string, headers: Record<string, string>, body: BodyInit) => {
    const init = { method: 'POST', headers, body, duplex: 'half' };
    const response = await fetch(`${server.url}${path}`, init as RequestInit);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  /** What `packedEndpoint` says when it refuses. */
  const refusal = (status: number, code: string) => {
    const headers = expect.toSatisfy(
      (each: Headers) => each.get('content-type') === 'application/x-packed-error',
    );
    return { status, headers, body: `\ufffd${code}` };
  };

  test('whole binary bodies, with an answer of their own', async () => {
    const [one, other] = [freshName(), freshName()];
    const answer = await post('/v1/packed', PACKED, encodePacked({ [one]: 1.5, [other]: -2 }));
    expect([answer.status, answer.body, answer.headers.get('x-samples-written')]).toEqual([204, '', '2']);
    expect(await valuesOf(one)).toEqual([1.5]);
    expect(await valuesOf(other)).toEqual([-2]);
  });

  test('compressed as all bodies may be, and as only these', async () => {
    const packed = encodePacked({ [freshName()]: 1 });
    for (const [encoding, body] of [
      ['gzip', gzipSync(packed)],
      ['deflate', deflateSync(packed)],
    ] as const)
      expect(await post('/v1/packed', { ...PACKED, 'content-encoding': encoding }, body)).toMatchObject({
        status: 204,
      });
    const bomb = deflateSync(Buffer.alloc(20 * 2 ** 20));
    const deflated = { 'content-encoding': 'deflate' };
    const answer = await post('/v1/packed', { ...PACKED, ...deflated }, bomb);
    expect(answer).toMatchObject(refusal(413, 'body_too_large'));
    const elsewhere = { authorization: 'Bearer secret', 'content-type': 'application/json', ...deflated };
    expect(await post('/api/metrics', elsewhere, deflateSync('[]'))).toMatchObject({ status: 415 });
  });

  test('a refusal of their own, whatever it is about', async () => {
    const body = encodePacked({ [freshName()]: 1 });
    expect(await post('/v1/packed', TYPE, body)).toMatchObject(refusal(401, 'unauthorized'));
    const wrong = { ...TYPE, 'x-packed-key': 'wrong', authorization: 'Bearer secret' };
    expect(await post('/v1/packed', wrong, body)).toMatchObject(refusal(403, 'forbidden'));
    const cutOff = body.subarray(0, -1);
    expect(await post('/v1/packed', PACKED, cutOff)).toMatchObject(refusal(400, 'bad_body'));
    const unknown = { ...PACKED, 'content-type': 'application/json' };
    expect(await post('/v1/packed', unknown, '[]')).toMatchObject(refusal(415, 'unsupported_content_type'));
    const large = Buffer.alloc(9 * 2 ** 20);
    expect(await post('/v1/packed', PACKED, large)).toMatchObject(refusal(413, 'body_too_large'));
    const unusable = encodePacked({ '7 wonders': 1 });
    expect(await post('/v1/packed', PACKED, unusable)).toMatchObject(refusal(400, 'nothing_usable'));
    const slow = { ...TYPE, 'x-packed-key': 'slow-secret' };
    for (let i = 0; i < 2; i++) expect(await post('/v1/packed', slow, body)).toMatchObject({ status: 204 });
    const limited = await post('/v1/packed', slow, body);
    expect(limited).toMatchObject(refusal(429, 'rate_limited'));
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited.headers.get('ratelimit-remaining')).toBe('0');
  });

  test('bodies that stream in are committed meanwhile; their path may say what they are of', async () => {
    const name = freshName();
    let send!: (line: string) => void;
    let end!: () => void;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = (line) => controller.enqueue(Buffer.from(`${line}\n`));
        end = () => controller.close();
      },
    });
    const authorization = `Basic ${Buffer.from('anybody:secret').toString('base64')}`;
    const answered = post('/api/push/nightly%20backup', { authorization }, body);
    send(`${name} 1`);
    await until(async () => expect(await valuesOf(name)).toEqual([1]));
    send('no line of ours at all');
    send('nothing');
    send(`${name} 2`);
    end();
    const { status, body: answer } = await answered;
    expect([status, JSON.parse(answer)]).toEqual([202, { written: 2, left: 2 }]);
    expect(await valuesOf(name)).toEqual([1, 2]);
    const authorizedViewer = `Basic ${Buffer.from(`x:${SETTINGS.DASHBOARD_PASSWORD}`).toString('base64')}`;
    const headers = { authorization: authorizedViewer };
    const series = await fetch(`${server.url}/api/metrics/${name}?by=job`, { headers });
    expect(await series.json()).toMatchObject({ series: [{ labels: { job: 'nightly backup' } }] });
  });

  test('a key may be where a protocol has it', async () => {
    const body = `${freshName()} 1\n`;
    const json = async (path: string, headers = {}) => {
      const answer = await post(path, headers, body);
      return [answer.status, JSON.parse(answer.body)];
    };
    expect(await json('/api/push/a?token=secret')).toEqual([202, { written: 1, left: 0 }]);
    expect(await json('/api/push/a?token=wrong')).toMatchObject([403, { code: 'forbidden' }]);
    const bearer = { authorization: 'Bearer secret' };
    expect(await json('/api/push/a', bearer)).toMatchObject([401, { code: 'unauthorized' }]);
  });

  test('other methods, other sites and other spellings stay outside', async () => {
    const body = String(encodePacked({ x: 1 }));
    const request: RawRequest = { method: 'POST', headers: PACKED, body };
    const answer = async (path: string, more: RawRequest = {}) => {
      const { status, headers } = await ask(server.url, path, { ...request, ...more });
      return [status, headers.allow];
    };
    expect(await answer('/v1/packed', { headers: { ...PACKED, origin: 'http://evil.example' } })).toEqual([
      403,
      undefined,
    ]);
    expect(await answer('/v1/packed', { headers: { ...PACKED, host: 'evil.example' } })).toEqual([
      421,
      undefined,
    ]);
    for (const path of ['/v1', '/v1/packed/', '/v1/Packed', '/v1/packed/x', '/v1/other', '/v1/./packed'])
      expect(await answer(path), path).toEqual([405, 'GET, HEAD']);
    for (const path of [
      '/api/push',
      '/api/push/',
      '/api/push/a/../b',
      '/api/push/%2e%2e/hosts',
      '/api/v1/packed',
    ])
      expect(await answer(path), path).toEqual([401, undefined]);
    const options = { method: 'OPTIONS', body: undefined };
    expect(await answer('/v1/packed', options)).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    expect(await answer('/v1/packed', { method: 'PUT' })).toEqual([405, 'GET, HEAD, POST']);
    expect(await answer('/v1/packed', { method: 'GET', body: undefined })).toEqual([303, undefined]);
    expect(await answer('/api/push/a', { method: 'GET', body: undefined })).toEqual([401, undefined]);
  });
});

test('a protocol is in the document for machines', () => {
  const document = openApiDocument([...INGEST_ENDPOINTS, packedEndpoint, pushEndpoint]);
  const { paths } = document as { paths: Record<string, object> };
  const binary = { 'application/x-packed': { schema: { type: 'string', format: 'binary' } } };
  expect(paths).toMatchObject({
    '/api/metrics': { post: { summary: 'Send samples' }, get: {} },
    '/v1/packed': {
      post: { summary: 'Packed samples', requestBody: { content: binary }, responses: { '204': {} } },
    },
    '/api/push/{rest}': {
      post: { parameters: [{ in: 'path', name: 'rest' }], requestBody: { content: { '*/*': {} } } },
    },
  });
});
