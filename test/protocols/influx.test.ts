import { gzipSync } from 'node:zlib';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { describe, expect, test } from 'vitest';
import { storedSeries } from '../support/stored-samples';
import { GUARDED, useNode } from '../support/use-node';

const PATHS = ['/write', '/api/v2/write', '/api/v3/write_lp'];
const KEY = { authorization: 'Token secret' };

const node = useNode(GUARDED);

let names = 0;
const freshName = () => `influx_${names++}`;

async function post(path: string, body: BodyInit, headers: Record<string, string> = KEY) {
  const response = await fetch(`${node.url}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? '' : JSON.parse(text) };
}

describe.each(PATHS)('%s', (path) => {
  test('stores lines, also compressed, in the unit that is said', async () => {
    const name = freshName();
    const seconds = Math.floor(Date.now() / 1_000);
    const line = `${name},host=a\\ b value=1.5,n=2i ${seconds}`;
    expect(await post(`${path}?precision=s&db=x&bucket=y`, `${line}\n`)).toMatchObject({
      status: 204,
      body: '',
    });
    const gzip = { ...KEY, 'content-encoding': 'gzip', 'content-type': 'text/plain; charset=utf-8' };
    const packed = gzipSync(`${name},host=c value=2 ${seconds}`);
    expect(await post(`${path}?precision=s`, packed, gzip)).toMatchObject({ status: 204 });
    expect(await storedSeries(node.databaseUrl, name)).toEqual([
      { labels: { host: 'a b' }, samples: [[seconds * 1_000, 1.5]] },
      { labels: { host: 'c' }, samples: [[seconds * 1_000, 2]] },
    ]);
    expect(await storedSeries(node.databaseUrl, `${name}_n`)).toHaveLength(1);
  });

  test('takes what is right of a body that is partly wrong, and answers 400', async () => {
    const name = freshName();
    const answer = await post(path, `${name} value=1\nbogus line here x\n${name},host=a value=2 1\n`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-influxdb-error')).toBe(
      'partial write: unable to parse line 2: invalid field format dropped=2',
    );
    expect(await storedSeries(node.databaseUrl, name)).toHaveLength(1);
  });

  test('nothing is nothing, and no good line is a 400', async () => {
    for (const body of ['', '\n', '# a comment\n'])
      expect(await post(path, body)).toMatchObject({ status: 204 });
    for (const body of ['bogus', gzipSync('a v=1')])
      expect(await post(path, body)).toMatchObject({ status: 400 });
    const gzip = { ...KEY, 'content-encoding': 'gzip' };
    for (const body of ['a v=1', gzipSync(gzipSync('a v=1'))])
      expect(await post(path, body, gzip)).toMatchObject({ status: 400 });
    expect(await post(`${path}?precision=weeks`, 'a v=1')).toMatchObject({ status: 400 });
  });

  test('keys are shown as each of its clients does', async () => {
    const body = `${freshName()} value=1`;
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const status = async (headers: Record<string, string>, query = '') =>
      (await post(`${path}${query}`, body, headers)).status;
    for (const authorization of ['Token secret', 'Bearer secret', 'Token user:secret', basic('user:secret')])
      expect(await status({ authorization }), authorization).toBe(204);
    expect(await status({}, '?u=user&p=secret')).toBe(204);
    expect(await status({}, '?u=user&p=wrong')).toBe(403);
    expect(await status({ authorization: 'Token wrong' })).toBe(403);
    expect(await status({})).toBe(401);
  });
});

test('errors have the shape of their version', async () => {
  const body = 'good value=1\nbad\n';
  expect((await post('/write', body)).body).toEqual({ error: expect.stringContaining('partial write: ') });
  expect((await post('/api/v2/write', body)).body).toEqual({
    code: 'invalid',
    message: expect.stringContaining('partial write: '),
  });
  expect((await post('/api/v3/write_lp', body)).body).toEqual({
    error: expect.stringContaining('partial write: '),
    data: [{ line_number: 2, error_message: expect.stringContaining('missing fields'), original_line: '' }],
  });
  expect((await post('/api/v2/write', body, {})).body).toMatchObject({ code: 'unauthorized' });
});

test('accept_partial=false keeps nothing of a body with a wrong line', async () => {
  const name = freshName();
  const path = '/api/v3/write_lp?accept_partial=false';
  expect(await post(path, `${name} value=1\nbad\n`)).toMatchObject({
    status: 400,
    body: { data: [{ line_number: 2 }] },
  });
  expect(await storedSeries(node.databaseUrl, name)).toEqual([]);
  expect(await post(path, `${name} value=1\n`)).toMatchObject({ status: 204 });
});

test('too many requests are a 503 with Retry-After', async () => {
  const slow = { authorization: 'Token slow-secret' };
  expect(await post('/write', '', slow)).toMatchObject({ status: 204 });
  const limited = await post('/write', '', slow);
  expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([503, true]);
});

test('/ping tells everybody that there is somebody', async () => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await fetch(`${node.url}/ping`, { method });
    expect([answer.status, answer.headers.get('x-influxdb-version')]).toEqual([
      204,
      expect.stringMatching(/^pulseboard-/),
    ]);
  }
});

test('what the JavaScript client of version 2 sends is stored', async () => {
  const name = freshName();
  const now = Date.now();
  const api = new InfluxDB({ url: node.url, token: 'secret' }).getWriteApi('org', 'bucket', 'ms', {
    maxRetries: 0,
  });
  // Enough that it compresses them.
  const sent = Array.from({ length: 200 }, (_, i) => ({ at: now - i * 1_000, value: Math.sin(i) * 1e-7 }));
  for (const { at, value } of sent)
    api.writePoint(
      new Point(name)
        .tag('path', 'C:\\dir a,b=c "ü😀"')
        .floatField('value', value)
        .intField('count', i64)
        .uintField('size', 7)
        .booleanField('ok', true)
        .stringField('text', 'a "quoted", text')
        .timestamp(at),
    );
  await api.close();
  const labels = { path: 'C:\\dir a,b=c "ü😀"' };
  const samples = sent.reverse();
  const stored = (value: (one: { value: number }) => number) => [
    { labels, samples: samples.map((one) => [one.at, value(one)]) },
  ];
  expect(await storedSeries(node.databaseUrl, name)).toEqual(stored(({ value }) => value));
  expect(await storedSeries(node.databaseUrl, `${name}_count`)).toEqual(stored(() => i64));
  expect(await storedSeries(node.databaseUrl, `${name}_size`)).toEqual(stored(() => 7));
  expect(await storedSeries(node.databaseUrl, `${name}_ok`)).toEqual(stored(() => 1));
  expect(await storedSeries(node.databaseUrl, `${name}_text`)).toEqual([]);
});

const i64 = -(2 ** 53);
