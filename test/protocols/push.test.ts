import { gzipSync } from 'node:zlib';
import { Counter, Gauge, Histogram, Pushgateway, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/raw-http';
import { storedSeries } from '../support/stored-samples';
import { GUARDED, useNode } from '../support/use-node';

const KEY = { authorization: 'Bearer secret' };

const node = useNode(GUARDED);

let names = 0;
const freshName = () => `push_${names++}`;

/** What is stored of it, without the times. */
const stored = async (name: string) =>
  (await storedSeries(node.databaseUrl, name)).map(({ labels, samples }) => ({
    labels,
    values: samples.map(([, value]) => value),
  }));

async function send(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}) {
  const response = await fetch(`${node.url}${path}`, { method, headers: { ...KEY, ...headers }, body });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

describe("what prom-client's Pushgateway sends", () => {
  const registry = new Registry();
  const [rows, took, sizes] = [freshName(), freshName(), freshName()];
  new Counter({ name: `${rows}_total`, help: 'x', labelNames: ['kind'], registers: [registry] }).inc(
    { kind: 'a "b"\\c' },
    12,
  );
  new Gauge({ name: took, help: 'x', registers: [registry] }).set(1.5e-7);
  const histogram = new Histogram({ name: sizes, help: 'x', buckets: [1, 10], registers: [registry] });
  for (const value of [0.5, 5, 50]) histogram.observe(value);
  const gateway = (key = 'secret') =>
    new Pushgateway(node.url, { headers: { authorization: `Bearer ${key}` } }, registry);
  const group = { jobName: 'backup', groupings: { instance: 'db-1 ü' } };
  const labels = { job: 'backup', instance: 'db-1 ü' };

  test('is stored, with the labels of its group', async () => {
    await gateway().pushAdd(group);
    expect(await stored(`${rows}_total`)).toEqual([
      { labels: { ...labels, kind: 'a "b"\\c' }, values: [12] },
    ]);
    expect(await stored(took)).toEqual([{ labels, values: [1.5e-7] }]);
    expect(await stored(`${sizes}_bucket`)).toEqual([
      { labels: { ...labels, le: '+Inf' }, values: [3] },
      { labels: { ...labels, le: '1' }, values: [1] },
      { labels: { ...labels, le: '10' }, values: [2] },
    ]);
    await gateway().push(group);
    expect(await stored(took)).toEqual([{ labels, values: [1.5e-7, 1.5e-7] }]);
    await gateway().delete(group);
    expect(await stored(took)).toHaveLength(1);
  });

  test('is refused so that it says so', async () => {
    await expect(gateway('wrong').pushAdd(group)).rejects.toThrow('403');
    const limited = gateway('slow-secret');
    await limited.pushAdd(group);
    await expect(limited.pushAdd(group)).rejects.toThrow('503');
    await expect(gateway().pushAdd({ jobName: 'a', groupings: { 'no-label': 'x' } })).rejects.toThrow('400');
  });
});

test('every method and form of a path is answered as the Pushgateway does', async () => {
  const name = freshName();
  const body = `${name} 1\n`;
  for (const [method, status] of [
    ['POST', 200],
    ['PUT', 200],
    ['DELETE', 202],
  ] as const) {
    for (const path of ['/metrics/job/a', '/metrics/job@base64/YS9i/x/y', '/metrics/job/a/x@base64/='])
      expect(
        await send(method, path, method === 'DELETE' ? undefined : body),
        `${method} ${path}`,
      ).toMatchObject({
        status,
        body: '',
      });
    for (const path of [
      '/metrics/job/a/x',
      '/metrics/job/a/9/x',
      '/metrics/job@base64/=',
      '/metrics/job/%ff',
    ])
      expect(
        await send(method, path, method === 'DELETE' ? undefined : body),
        `${method} ${path}`,
      ).toMatchObject({
        status: 400,
        body: expect.stringContaining('/metrics/job/<job>'),
      });
  }
  expect((await stored(name)).map(({ labels }) => labels)).toEqual([{ job: 'a' }, { job: 'a/b', x: 'y' }]);
});

test('a body may be of either format, compressed, and of any type but protobuf', async () => {
  const name = freshName();
  const push = (body: BodyInit, headers: Record<string, string> = {}) =>
    send('POST', '/metrics/job/a', body, headers);
  const openMetrics = { 'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8' };
  const now = Date.now();
  expect(await push(`${name} 1 ${now / 1_000}\n# EOF\n`, openMetrics)).toMatchObject({ status: 200 });
  expect(await push(gzipSync(`${name} 2 ${now + 1}\n`), { 'content-encoding': 'gzip' })).toMatchObject({
    status: 200,
  });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await push(`${name} 3 ${now + 2}\n`, form)).toMatchObject({ status: 200 });
  expect(await storedSeries(node.databaseUrl, name)).toEqual([
    {
      labels: { job: 'a' },
      samples: [
        [now, 1],
        [now + 1, 2],
        [now + 2, 3],
      ],
    },
  ]);
  const protobuf = { 'content-type': 'application/vnd.google.protobuf; encoding=delimited' };
  expect(await push('x', protobuf)).toMatchObject({ status: 415, body: expect.stringContaining('expfmt') });
});

test('what is wrong is a 400 that says what, and what is right of it is stored', async () => {
  const name = freshName();
  for (const [body, words] of [
    [`${name} 1\nrubbish`, 'line 2'],
    [`${name}{x=1} 1`, 'is no series'],
    [`${name} 1 1`, 'lies before'],
    [gzipSync('a 1').subarray(3), 'UTF-8'],
  ] as const)
    expect(await send('POST', '/metrics/job/a', body)).toMatchObject({
      status: 400,
      body: expect.stringContaining(words),
    });
  expect(await stored(name)).toEqual([]);
  expect(await send('POST', '/metrics/job/a', `${name} 1\n${name}{${'x'.repeat(65)}="1"} 2\n`)).toMatchObject(
    {
      status: 400,
    },
  );
  expect(await stored(name)).toEqual([{ labels: { job: 'a' }, values: [1] }]);
  const large = await send('PUT', '/metrics/job/a', 'x'.repeat(9 * 2 ** 20));
  expect(large.status).toBe(413);
});

test('nothing else under /metrics takes a push, and who may look is not asked for it', async () => {
  const answer = async (method: string, path: string, headers: Record<string, string> = KEY) => {
    const { status, headers: answered } = await ask(node.url, path, { method, headers });
    return [status, answered.allow];
  };
  expect(await answer('OPTIONS', '/metrics/job/a')).toEqual([204, 'GET, HEAD, POST, PUT, DELETE, OPTIONS']);
  expect(await answer('PATCH', '/metrics/job/a')).toEqual([405, 'GET, HEAD, POST, PUT, DELETE']);
  for (const path of ['/metrics', '/metrics/job', '/metrics/job/', '/metrics/jobs/a', '/metrics/job/a%2fb'])
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect(await answer(method, path), `${method} ${path}`).toEqual([405, 'GET, HEAD']);
  // A metric may be called so: its page is for viewers.
  expect(await answer('GET', '/metrics/job/a', { accept: 'text/html' })).toEqual([303, undefined]);
  expect(await answer('POST', '/metrics/job/a', {})).toEqual([401, undefined]);
  expect(await answer('DELETE', '/metrics/job/a', {})).toEqual([401, undefined]);
  expect(await answer('POST', '/metrics/job/a', { ...KEY, origin: 'http://evil.example' })).toEqual([
    403,
    undefined,
  ]);
  expect(await answer('DELETE', '/metrics/job/a', { ...KEY, host: 'evil.example' })).toEqual([
    202,
    undefined,
  ]);
});
