import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForwardScene, forwardFigures, type PostedSample, post } from '../support/forward-scene';
import { until } from '../support/processes';
import { textOfSample, type WriteAnswer, type WriteSink } from '../support/write-sink';

let scene: ForwardScene;
beforeEach(() => {
  scene = new ForwardScene();
});
afterEach(() => scene.end());

const now = Date.now();
const samplesOf = (name: string, count: number): PostedSample[] =>
  Array.from({ length: count }, (_, i) => ({ name, labels: {}, timestamp: now - 600_000 + i, value: i }));
const texts = (samples: PostedSample[]) => samples.map(textOfSample).sort();

async function startNode(sink: WriteSink, env: Record<string, string> = {}, config = '') {
  const DATABASE_URL = await scene.database();
  const path = join(scene.folder, 'forward.yml');
  writeFileSync(
    path,
    `remote_write: [{url: '${sink.url}', name: sink, remote_timeout: 1s, queue_config: {max_backoff: 200ms}${config}}]`,
  );
  return scene.node('a', { DATABASE_URL, FORWARD_CONFIG: path, ...env });
}

const status = (code: number, headers: Record<string, string> = {}, body = ''): WriteAnswer => {
  return (outgoing) => outgoing.writeHead(code, headers).end(body);
};

/** Writes until somebody ends it. */
function writeForEver(outgoing: ServerResponse, chunk: Buffer, pauseMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const more = () => {
    if (outgoing.destroyed) return;
    if (outgoing.write(chunk)) timer = setTimeout(more, pauseMs);
    else outgoing.once('drain', more);
  };
  outgoing.on('close', () => clearTimeout(timer));
  more();
}

test.each<[string, WriteAnswer, RegExp]>([
  ['503', status(503, {}, 'too busy'), /it answered 503: too busy/],
  ['429', status(429), /it answered 429/],
  ['500', status(500), /it answered 500/],
  ['a wrong key', status(403, {}, 'who are you'), /it answered 403: who are you/],
  ['another address', status(307, { location: 'http://127.0.0.1:1/' }), /307; redirects are not followed/],
  ['no answer', () => undefined, /no answer within 1 s/],
  [
    'an error of a byte at a time',
    (outgoing) => writeForEver(outgoing.writeHead(500), Buffer.from('x'), 100),
    /it answered 500|no answer within 1 s/,
  ],
  [
    'an endless error',
    (outgoing) => writeForEver(outgoing.writeHead(500), Buffer.alloc(2 ** 20, 'x'), 0),
    /it answered 500: x+/,
  ],
  [
    'a broken connection',
    (outgoing) => void outgoing.destroy(),
    /ECONNRESET|UND_ERR_SOCKET|other side closed/,
  ],
  ['garbage', (outgoing) => void outgoing.socket?.end('SSH-2.0-OpenSSH_9\r\n'), /HPE_|UND_ERR/],
])('%s: samples wait and are sent again until they are taken', async (_name, answer, reason) => {
  const sink = await scene.sink();
  sink.answer = answer;
  const node = await startNode(sink);
  const samples = samplesOf('fwd_later', 100);
  expect(await post(node, samples)).toBe(true);
  await until(() => expect(node.output()).toMatch(reason));
  const tried = sink.requests.length;
  await until(() => expect(sink.requests.length).toBeGreaterThan(tried + 1));
  expect(await forwardFigures(node)).toMatchObject({ 'up{destination="sink"}': 0 });
  sink.answer = null;
  await until(() => expect(sink.texts.sort()).toEqual(texts(samples)));
  await until(async () =>
    expect(await forwardFigures(node)).toMatchObject({
      'up{destination="sink"}': 1,
      'queue_samples{destination="sink"}': 0,
      'dropped_samples_total{destination="sink",reason="refused"}': 0,
    }),
  );
  expect(node.output()).toContain('takes samples again');
});

test('Retry-After is waited for', async () => {
  const sink = await scene.sink();
  sink.answer = status(503, { 'retry-after': '2' });
  const node = await startNode(sink);
  expect(await post(node, samplesOf('fwd_patient', 1))).toBe(true);
  await until(() => expect(sink.requests).toHaveLength(1));
  sink.answer = null;
  await until(() => expect(sink.samples).toHaveLength(1));
  const [asked, came] = sink.times;
  expect(came - asked).toBeGreaterThan(1_990);
});

test('what is refused for good is dropped and counted, and the rest goes on', async () => {
  const sink = await scene.sink();
  sink.answer = status(400, {}, 'out of order sample');
  const node = await startNode(sink);
  expect(await post(node, samplesOf('fwd_refused', 100))).toBe(true);
  const refused = 'dropped_samples_total{destination="sink",reason="refused"}';
  await until(async () => expect((await forwardFigures(node))[refused]).toBe(100));
  expect(node.output()).toContain('it answered 400: out of order sample');
  sink.answer = null;
  expect(await post(node, samplesOf('fwd_taken', 10))).toBe(true);
  await until(() => expect(sink.texts.sort()).toEqual(texts(samplesOf('fwd_taken', 10))));
});

test('a request that is refused for one of its samples costs that sample', async () => {
  const sink = await scene.sink();
  sink.refuses = ({ name, value }) => name === 'fwd_some_3' && value === 17;
  const node = await startNode(sink);
  const samples = Array.from({ length: 5 }, (_, i) => samplesOf(`fwd_some_${i}`, 300)).flat();
  expect(await post(node, samples)).toBe(true);
  const refused = 'dropped_samples_total{destination="sink",reason="refused"}';
  await until(async () => expect((await forwardFigures(node))[refused]).toBe(1));
  await until(() => expect(sink.samples).toHaveLength(samples.length - 1));
  const taken = samples.filter(({ name, value }) => name !== 'fwd_some_3' || value !== 17);
  expect(sink.texts.sort()).toEqual(texts(taken));
  const times = sink.samples.filter(({ name }) => name === 'fwd_some_3').map(({ timestamp }) => timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('an endless answer to what was taken is not read, and nothing is sent twice', async () => {
  const sink = await scene.sink();
  let sent = 0;
  sink.answer = (outgoing) => {
    outgoing.on('close', () => {
      sent = Math.max(sent, outgoing.socket?.bytesWritten ?? 0);
    });
    writeForEver(outgoing.writeHead(200), Buffer.alloc(2 ** 20, 'x'), 0);
  };
  const node = await startNode(sink);
  for (let i = 0; i < 5; i++) expect(await post(node, samplesOf(`fwd_endless_${i}`, 10))).toBe(true);
  await until(async () => expect((await forwardFigures(node))['samples_total{destination="sink"}']).toBe(50));
  expect(sink.requests.length).toBeLessThanOrEqual(5);
  expect(sent).toBeLessThan(2 ** 26);
});

test('a full queue drops the oldest, counts it, and takes what comes', async () => {
  const sink = await scene.sink();
  await sink.close();
  const node = await startNode(sink, { FORWARD_MAX_BYTES: '512KiB' });
  const all: PostedSample[] = [];
  for (let i = 0; i < 40; i++) {
    const samples = samplesOf(`fwd_full_${String(i).padStart(2, '0')}`, 1_000);
    all.push(...samples);
    expect(await post(node, samples)).toBe(true);
  }
  const full = 'dropped_samples_total{destination="sink",reason="full"}';
  const before = await forwardFigures(node);
  expect(before[full]).toBeGreaterThan(0);
  expect(before['queue_bytes{destination="sink"}']).toBeLessThanOrEqual(2 ** 19);
  expect(node.output()).toContain('the oldest of it is dropped');
  await sink.open();
  await until(async () => expect((await forwardFigures(node))['queue_samples{destination="sink"}']).toBe(0));
  const taken = new Set(sink.texts);
  const dropped = (await forwardFigures(node))[full];
  expect(taken.size).toBe(sink.samples.length);
  expect(taken.size).toBe(all.length - dropped);
  // What had been read before it was dropped is sent all the same; of the rest the newest.
  const newest = all.slice(-5_000).map(textOfSample);
  expect(newest.filter((text) => !taken.has(text))).toEqual([]);
});

test('a disk that is full or gone: samples are taken, those that cannot be queued counted', async () => {
  const sink = await scene.sink();
  const folder = join(scene.folder, 'a', 'forward');
  mkdirSync(folder, { recursive: true });
  const first = join(folder, `${'0'.padStart(16, '0')}.queue`);
  symlinkSync('/dev/full', first);
  const node = await startNode(sink);
  expect(await post(node, samplesOf('fwd_nospace', 10))).toBe(true);
  const lost = 'dropped_samples_total{destination="sink",reason="disk"}';
  await until(async () => expect((await forwardFigures(node))[lost]).toBe(10));
  await until(() => expect(node.output()).toMatch(/ENOSPC.*cannot be queued to be forwarded/));
  rmSync(first);
  expect(await post(node, samplesOf('fwd_space', 10))).toBe(true);
  await until(() => expect(sink.texts.sort()).toEqual(texts(samplesOf('fwd_space', 10))));
  // Again where the node has just put a file into it.
  rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 20 });
  expect(await post(node, samplesOf('fwd_gone', 10))).toBe(true);
  await until(async () => expect((await forwardFigures(node))[lost]).toBe(20));
  mkdirSync(folder);
  expect(await post(node, samplesOf('fwd_back', 10))).toBe(true);
  await until(() => expect(sink.samples).toHaveLength(20));
});
