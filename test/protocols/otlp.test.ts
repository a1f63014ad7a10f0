import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CUMULATIVE, exportOf, metric, numberPoint } from '../support/otlp';
import { bytes, int, message, nested, text } from '../support/protobuf-writer';
import { storedSeries } from '../support/stored-samples';
import { GUARDED, useNode } from '../support/use-node';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const KEY = 'Bearer secret';

const node = useNode(GUARDED);

let names = 0;
const freshName = () => `otlp.http.${names++}`;

async function post(body: BodyInit, headers: Record<string, string | undefined> = {}) {
  const all = { 'content-type': PROTOBUF, authorization: KEY, ...headers };
  const sent = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined);
  const response = await fetch(`${node.url}/v1/metrics`, { method: 'POST', headers: sent, body });
  return {
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0],
    retryAfter: response.headers.get('retry-after'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

const gauge = (
  name: string,
  ...points: Array<{ at: number; value: number; labels?: Record<string, string> }>
) => exportOf([metric(name, 'gauge', points.map(numberPoint))], { resource: { 'host.name': 'web-1' } });
const jsonGauge = (name: string, at: number, value: number) =>
  JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          { metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: `${at}000000`, asDouble: value }] } }] },
        ],
      },
    ],
  });

describe('an export', () => {
  test('is stored when it is answered with 200, in the encoding it came in', async () => {
    const now = Date.now();
    const name = freshName();
    const body = gauge(name, { at: now, value: 1.5 });
    expect(await post(body)).toMatchObject({ status: 200, type: PROTOBUF, body: Buffer.alloc(0) });
    expect(await storedSeries(node.databaseUrl, name)).toEqual([
      { labels: { host: 'web-1' }, samples: [[now, 1.5]] },
    ]);
    const answer = await post(jsonGauge(name, now, 2), { 'content-type': JSON_TYPE });
    expect(answer).toMatchObject({ status: 200, type: JSON_TYPE, body: Buffer.from('{}') });
    expect(await storedSeries(node.databaseUrl, name)).toContainEqual({ labels: {}, samples: [[now, 2]] });
    const gzip = { 'content-encoding': 'gzip' };
    for (const [packed, type] of [
      [gzipSync(gauge(name, { at: now - 1, value: 3 })), PROTOBUF],
      [gzipSync(jsonGauge(name, now - 1, 3)), 'application/json; charset=utf-8'],
    ] as const)
      expect(await post(packed, { ...gzip, 'content-type': type })).toMatchObject({ status: 200 });
    const stored = await storedSeries(node.databaseUrl, name);
    expect(stored.map(({ samples }) => samples[0])).toEqual([
      [now - 1, 3],
      [now - 1, 3],
    ]);
  });

  test('of nothing is a success', async () => {
    expect(await post(Buffer.alloc(0))).toMatchObject({ status: 200 });
    expect(await post(message(nested(1)))).toMatchObject({ status: 200 });
    expect(await post('{}', { 'content-type': JSON_TYPE })).toMatchObject({ status: 200 });
  });

  test('of which a part can never be taken is a partial success that counts data points', async () => {
    const now = Date.now();
    const name = freshName();
    const points: Array<Parameters<typeof gauge>[1]> = [
      { at: now, value: 1 },
      { at: 1, value: 1, labels: { old: 'yes' } },
      { at: now, value: 1, labels: { long: 'x'.repeat(300) } },
    ];
    const histogram = nested(
      2,
      text(1, `${name}.h`),
      nested(
        9,
        nested(
          1,
          ...numberPoint({ at: 1 }),
          bytes(6, Buffer.alloc(24)),
          bytes(7, Buffer.from('000000000000f03f0000000000000040', 'hex')),
        ),
        int(2, CUMULATIVE),
      ),
    );
    const answer = await post(message(gauge(name, ...points), nested(1, nested(2, histogram))));
    const text_ =
      'The first, data point 2 (timestamp): the timestamp lies before what raw samples are kept for.';
    expect(answer).toMatchObject({ status: 200, type: PROTOBUF });
    expect(answer.body).toEqual(message(nested(1, int(1, 3), text(2, text_))));
    expect(await storedSeries(node.databaseUrl, name)).toEqual([
      { labels: { host: 'web-1' }, samples: [[now, 1]] },
    ]);
    const json = `{"resourceMetrics":[${[jsonGauge(name, now, 1), jsonGauge(name, 1, 1)].map((each) => each.slice(20, -2)).join()}]}`;
    const partial = await post(json, { 'content-type': JSON_TYPE });
    expect([partial.status, JSON.parse(String(partial.body))]).toEqual([
      200,
      { partialSuccess: { rejectedDataPoints: '1', errorMessage: text_ } },
    ]);
  });
});

describe('what is refused', () => {
  const status = (code: number, what: RegExp) => (body: Buffer) => {
    expect(body.subarray(0, 3)).toEqual(Buffer.from([0x08, code, 0x12]));
    expect(String(body)).toMatch(what);
  };

  test('is a google.rpc.Status in the encoding of the request', async () => {
    const bad = await post(gauge(freshName(), { at: Date.now(), value: 1 }).subarray(0, -1));
    expect(bad).toMatchObject({ status: 400, type: PROTOBUF });
    status(3, /protobuf message/)(bad.body);
    const json = await post('{"resourceMetrics":', { 'content-type': JSON_TYPE });
    expect([json.status, JSON.parse(String(json.body))]).toEqual([
      400,
      { code: 3, message: expect.stringContaining('not valid JSON') },
    ]);
    const none = await post(gauge(freshName(), { at: 1, value: 1 }));
    expect(none.status).toBe(400);
    status(3, /None of the 1 samples/)(none.body);
  });

  test('keys, types and compressions', async () => {
    const body = gauge(freshName(), { at: Date.now(), value: 1 });
    const basic = `Basic ${Buffer.from('anybody:secret').toString('base64')}`;
    expect(await post(body, { authorization: basic })).toMatchObject({ status: 200 });
    const missing = await post(body, { authorization: undefined });
    expect(missing.status).toBe(401);
    status(16, /INGEST_KEYS|key/)(missing.body);
    expect(await post(body, { authorization: 'Bearer wrong' })).toMatchObject({ status: 403 });
    expect(await post(body, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      type: JSON_TYPE,
    });
    expect(await post(body, { 'content-encoding': 'lz4' })).toMatchObject({ status: 415, type: PROTOBUF });
  });

  test('too much is a 413, and an overload, or a rate, a 503 that says when', async () => {
    const bomb = gzipSync(Buffer.alloc(9 * 2 ** 20));
    expect(await post(bomb, { 'content-encoding': 'gzip' })).toMatchObject({ status: 413 });
    expect(await post(Buffer.alloc(9 * 2 ** 20))).toMatchObject({ status: 413 });
    const slow = { authorization: 'Bearer slow-secret' };
    expect(await post(Buffer.alloc(0), slow)).toMatchObject({ status: 200 });
    const limited = await post(Buffer.alloc(0), slow);
    expect([limited.status, Number(limited.retryAfter) > 0]).toEqual([503, true]);
    status(14, /./)(limited.body);
  });

  test('gzip that is none, or is cut off, is a 400', async () => {
    const body = gauge(freshName(), { at: Date.now(), value: 1 });
    const gzip = { 'content-encoding': 'gzip' };
    for (const sent of [body, gzipSync(body).subarray(0, -9), gzipSync(gzipSync(body))])
      expect(await post(sent, gzip)).toMatchObject({ status: 400 });
  });
});
