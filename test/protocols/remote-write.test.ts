import { gzipSync } from 'node:zlib';
import { compress } from 'snappyjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { encodeV1, encodeV2, named, nativeHistogram, type SentSeries, STALE } from '../support/remote-write';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedSeries } from '../support/stored-samples';
import { GUARDED } from '../support/use-node';

const TYPE = 'application/x-protobuf';
const TYPE_2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
const BEARER = 'Bearer secret';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

let names = 0;
const freshName = () => `remote_${names++}`;

describe.each([
  ['server.ts', {}],
  ['route handlers', { ROUTES_OF_NEXT: 'on' }],
])('remote write, %s', (_front, env) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startBareNode({ DATABASE_URL: database.url, ...GUARDED, ...env });
  });
  afterAll(() => server?.stop());

  const post = async (body: Uint8Array, headers: Record<string, string | undefined> = {}) => {
    const all = { 'content-type': TYPE, 'content-encoding': 'snappy', authorization: BEARER, ...headers };
    const sent = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined);
    const response = await fetch(`${server.url}/api/v1/write`, {
      method: 'POST',
      headers: sent,
      body: Buffer.from(body),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const written = ({ headers }: { headers: Headers }) =>
    ['samples', 'histograms', 'exemplars'].map((each) =>
      headers.get(`x-prometheus-remote-write-${each}-written`),
    );

  test('1.0: what is answered with 204 is stored', async () => {
    const now = Date.now();
    const name = freshName();
    const series: SentSeries[] = [
      {
        labels: named(name, { job: 'a' }),
        samples: [
          [now - 2_000, 1],
          [now - 1_000, STALE],
          [now, 2 ** 63],
        ],
      },
      { labels: named(name, { job: 'b' }), samples: [[now, 0]] },
    ];
    const answer = await post(compress(encodeV1(series)));
    expect([answer.status, answer.body, ...written(answer)]).toEqual([204, '', null, null, null]);
    expect(await storedSeries(database.url, name)).toEqual([
      {
        labels: { job: 'a' },
        samples: [
          [now - 2_000, 1],
          [now, 2 ** 63],
        ],
      },
      { labels: { job: 'b' }, samples: [[now, 0]] },
    ]);
    expect(await post(compress(encodeV1(series)))).toMatchObject({ status: 204 });
  });

  test('2.0: the answer counts what was taken', async () => {
    const now = Date.now();
    const [name, other] = [freshName(), freshName()];
    const series: SentSeries[] = [
      {
        labels: named(name, { job: 'a' }),
        samples: [
          [now, 1.5],
          [now - 1, STALE],
        ],
      },
      { labels: named(other), histograms: [nativeHistogram(now)] },
    ];
    const answer = await post(compress(encodeV2(series)), { 'content-type': TYPE_2 });
    expect([answer.status, ...written(answer)]).toEqual([204, '2', '1', '0']);
    expect(await storedSeries(database.url, name)).toEqual([{ labels: { job: 'a' }, samples: [[now, 1.5]] }]);
    expect(await storedSeries(database.url, `${other}_count`)).toEqual([{ labels: {}, samples: [[now, 9]] }]);
    const bad = [...series, { labels: named(name), samples: [[1, 1] as [number, number]] }];
    const partly = await post(compress(encodeV2(bad)), { 'content-type': TYPE_2 });
    expect([partly.status, ...written(partly)]).toEqual([400, '2', '1', '0']);
  });

  test('what can never be taken is a 400 that says why; the rest of it is stored', async () => {
    const now = Date.now();
    const name = freshName();
    const series: SentSeries[] = [
      { labels: named(name, { job: 'a' }), samples: [[now, 1]] },
      {
        labels: [
          ['__name__', name],
          ['job', 'b'],
          ['job', 'c'],
        ],
        samples: [[now, 1]],
      },
      {
        labels: named(name, { job: 'd' }),
        samples: [
          [0, 1],
          [now + 10 ** 9, 1],
          [-5, 1],
        ],
      },
    ];
    const answer = await post(compress(encodeV1(series)));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.body).toMatch(/^4 samples were rejected, 1 are stored\. The first, number 2: a label has/);
    expect(await storedSeries(database.url, name)).toEqual([{ labels: { job: 'a' }, samples: [[now, 1]] }]);
    const none = await post(compress(encodeV1([{ labels: {}, samples: [[now, 1]] }])));
    expect([none.status, none.body]).toEqual([400, expect.stringContaining('name must start')]);
  });

  test('other types and compressions are a 415, so that a sender may try another', async () => {
    const body = compress(encodeV1([{ labels: named(freshName()), samples: [[Date.now(), 1]] }]));
    for (const headers of [
      { 'content-type': 'application/json' },
      { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' },
      { 'content-encoding': 'lz4' },
    ] as const)
      expect(await post(body, headers)).toMatchObject({ status: 415 });
    for (const headers of [
      { 'content-type': 'application/x-protobuf; proto="prometheus.WriteRequest"' },
      { 'content-encoding': undefined },
      { 'content-encoding': 'Snappy' },
    ])
      expect(await post(body, headers)).toMatchObject({ status: 204 });
  });

  test('keys are shown as Prometheus can: bearer or basic', async () => {
    const body = compress(encodeV1([{ labels: named(freshName()), samples: [[Date.now(), 1]] }]));
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const status = async (authorization: string | undefined) => (await post(body, { authorization })).status;
    expect(await status(basic('anybody:secret'))).toBe(204);
    expect(await status(basic('anybody:wrong'))).toBe(403);
    expect(await status('Bearer wrong')).toBe(403);
    expect(await status(undefined)).toBe(401);
  });

  test('too many requests are a 503: after a 429 Prometheus would throw its samples away', async () => {
    const body = compress(encodeV1([]));
    const authorization = 'Bearer slow-secret';
    expect(await post(body, { authorization })).toMatchObject({ status: 204 });
    const limited = await post(body, { authorization });
    expect(limited.status).toBe(503);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('bombs, garbage and nothing', async () => {
    expect(await post(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]))).toMatchObject({ status: 413 });
    expect(await post(compress(Buffer.alloc(9 * 2 ** 20)))).toMatchObject({ status: 413 });
    const name = freshName();
    const body = encodeV1([{ labels: named(name), samples: [[Date.now(), 1]] }]);
    for (const bytes of [Buffer.alloc(0), body, gzipSync(body), compress(body.subarray(0, -1))])
      expect(await post(bytes)).toMatchObject({ status: 400 });
    expect(await post(gzipSync(gzipSync(body)), { 'content-encoding': 'gzip' })).toMatchObject({
      status: 400,
    });
    expect(await storedSeries(database.url, name)).toEqual([]);
  });
});
