import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForwardScene, forwardFigures, type PostedSample, post } from '../support/forward-scene';
import { until } from '../support/processes';
import { textOfSample } from '../support/write-sink';

let scene: ForwardScene;
beforeEach(() => {
  scene = new ForwardScene();
});
afterEach(() => scene.end());

const now = Date.now();
const sample = (name: string, i: number, labels: Record<string, string> = {}): PostedSample => ({
  name,
  labels,
  timestamp: now - 60_000 + i,
  value: i / 3,
});
const texts = (samples: PostedSample[]) => samples.map(textOfSample).sort();

test('what is acknowledged is forwarded once, as remote write has it', async () => {
  const sink = await scene.sink();
  const node = await scene.node('a', {
    DATABASE_URL: await scene.database(),
    FORWARD_URL: sink.url.replace('http://', 'http://me:p%40ss@'),
  });
  const samples = Array.from({ length: 5_000 }, (_, i) =>
    sample('fwd_one', i, { host: `h${i % 7}`, Zone: 'ü', empty: '' }),
  );
  samples.push(
    { ...sample('disk.used/a-b', 1), value: -1e-300 },
    { ...sample('fwd_big', 2), value: 2 ** 63 },
  );
  expect(await post(node, samples)).toBe(true);
  // Sent again, and with other values: they are there already.
  expect(await post(node, samples)).toBe(true);
  expect(await post(node, [{ ...samples[0], value: 77 }, sample('fwd_last', 0)])).toBe(true);
  await until(() => expect(sink.samples.some(({ name }) => name === 'fwd_last')).toBe(true));
  const expected = [...samples, sample('fwd_last', 0)].map(
    ({ labels: { empty: _, ...labels }, ...each }) => ({
      ...each,
      labels,
      name: each.name.replace(/[./-]/g, '_'),
    }),
  );
  expect([...sink.texts].sort()).toEqual(texts(expected));
  const [{ headers }] = sink.requests;
  expect(headers).toMatchObject({
    authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'user-agent': expect.stringMatching(/^Pulseboard\//),
  });
  expect(node.output()).not.toContain('p@ss');
  const destination = `{destination="${new URL(sink.url).host}/api/v1/write"}`;
  await until(async () =>
    expect(await forwardFigures(node)).toMatchObject({
      [`samples_total${destination}`]: expected.length,
      [`queue_samples${destination}`]: 0,
      [`queue_bytes${destination}`]: 0,
      [`lag_seconds${destination}`]: 0,
      [`up${destination}`]: 1,
    }),
  );
});

test('a configuration: several destinations, each with its own credentials, headers, rules and names', async () => {
  const [one, other] = [await scene.sink(), await scene.sink()];
  writeFileSync(join(scene.folder, 'token'), 'first\n');
  const config = join(scene.folder, 'forward.yml');
  writeFileSync(
    config,
    `
remote_write:
  - url: ${one.url}
    name: one
    headers: {X-Scope-OrgID: team}
    authorization: {credentials_file: token}
    metric_name_escaping_scheme: allow-utf-8
    write_relabel_configs:
      - {source_labels: [__name__], regex: 'fwd[.]keep.*', action: keep}
      - {target_label: cluster, replacement: eu}
  - url: ${other.url}
    basic_auth: {username: me, password_file: token}
    queue_config: {max_samples_per_send: 10}
`,
  );
  const env = { DATABASE_URL: await scene.database(), FORWARD_CONFIG: config };
  const node = await scene.node('a', env);
  const kept = Array.from({ length: 50 }, (_, i) => sample('fwd.keep', i));
  expect(await post(node, [...kept, sample('fwd.other', 0)])).toBe(true);
  await until(() => expect([one.samples.length, other.samples.length]).toEqual([50, 51]));
  expect(one.texts.sort()).toEqual(texts(kept.map((each) => ({ ...each, labels: { cluster: 'eu' } }))));
  expect(one.requests[0].headers).toMatchObject({ 'x-scope-orgid': 'team', authorization: 'Bearer first' });
  expect(other.requests).toHaveLength(6);
  // One series in the order of time, though it was sent in several requests.
  const times = other.samples.filter(({ name }) => name === 'fwd_keep').map(({ timestamp }) => timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  writeFileSync(join(scene.folder, 'token'), 'second');
  expect(await post(node, [sample('fwd.keep', 60)])).toBe(true);
  await until(() => expect(one.requests.at(-1)?.headers.authorization).toBe('Bearer second'));
  await until(async () =>
    expect(await forwardFigures(node)).toMatchObject({
      'filtered_samples_total{destination="one"}': 1,
      'samples_total{destination="one"}': 51,
    }),
  );
});

test.each([
  [{ FORWARD_URL: 'prometheus:9090' }, /FORWARD_URL is \(hidden\); it should be URLs separated by commas/],
  [
    { FORWARD_CONFIG: '/nowhere/forward.yml' },
    /FORWARD_CONFIG is \\"\/nowhere\/forward.yml\\", which cannot be used: ENOENT/,
  ],
  [{ FORWARD_URL: 'http://a/w,http://a/w' }, /forwarded twice to a\/w/],
])('%o stops the start', async (env, message) => {
  await expect(scene.node('a', { DATABASE_URL: await scene.database(), ...env })).rejects.toThrow(message);
});

test('what waits is sent by the next start, and the folder is one server’s', async () => {
  const sink = await scene.sink();
  await sink.close();
  const env = { DATABASE_URL: await scene.database(), FORWARD_URL: sink.url };
  const first = await scene.node('a', env);
  const samples = Array.from({ length: 3_000 }, (_, i) => sample('fwd_waits', i));
  expect(await post(first, samples)).toBe(true);
  await expect(scene.node('a', env)).rejects.toThrow(
    /is in use by process \d+: give every server a DATA_DIR/,
  );
  expect(await first.stop()).toBe(0);
  await sink.open();
  const second = await scene.node('a', env);
  await until(() => expect(sink.samples).toHaveLength(3_000));
  expect(await post(second, [sample('fwd_waits', 5_000)])).toBe(true);
  await until(() => expect(sink.samples).toHaveLength(3_001));
  expect(await second.stop()).toBe(0);
  // What was sent is not sent again.
  const third = await scene.node('a', env);
  expect(await post(third, [sample('fwd_waits', 6_000)])).toBe(true);
  await until(() => expect(sink.samples).toHaveLength(3_002));
  expect(sink.texts.sort()).toEqual(
    texts([...samples, sample('fwd_waits', 5_000), sample('fwd_waits', 6_000)]),
  );
});

test('two nodes on one database: each sample is forwarded once, by the node that took it', async () => {
  const [sinkA, sinkB] = [await scene.sink(), await scene.sink()];
  const DATABASE_URL = await scene.database();
  const a = await scene.node('a', { DATABASE_URL, FORWARD_URL: sinkA.url });
  const b = await scene.node('b', { DATABASE_URL, FORWARD_URL: sinkB.url });
  const samples = Array.from({ length: 200 }, (_, i) => sample('fwd_two', i, { half: String(i % 2) }));
  for (let i = 0; i < samples.length; i += 20)
    expect(await post(i % 40 === 0 ? a : b, samples.slice(i, i + 20))).toBe(true);
  // Whoever is sent what the other has taken does not forward it.
  expect(await Promise.all([post(a, samples), post(b, samples)])).toEqual([true, true]);
  expect(await Promise.all([post(a, [sample('end', 1)]), post(b, [sample('end', 2)])])).toEqual([true, true]);
  await until(() => {
    for (const { samples: taken } of [sinkA, sinkB]) expect(taken.at(-1)?.name ?? '').toBe('end');
  });
  const firstHalf = ({ timestamp }: { timestamp: number }) => (timestamp - now + 60_000) % 40 < 20;
  const own = (sent: typeof sinkA) => sent.texts.filter((text) => text.startsWith('fwd_two')).sort();
  expect(own(sinkA)).toEqual(texts(samples.filter(firstHalf)));
  expect(own(sinkB)).toEqual(texts(samples.filter((each) => !firstHalf(each))));
});

test('in a circle: the server whose samples come back refuses them, and says so', async () => {
  const [urlA, urlB] = [await scene.database(), await scene.database()];
  const b = await scene.node('b', { DATABASE_URL: urlB });
  const a = await scene.node('a', { DATABASE_URL: urlA, FORWARD_URL: `${b.url}/api/v1/write` });
  expect(await post(a, [sample('fwd_loop', 1)])).toBe(true);
  await until(async () =>
    expect(
      (await forwardFigures(a))[`samples_total{destination="${new URL(b.url).host}/api/v1/write"}`],
    ).toBe(1),
  );
  const port = new URL(b.url).port;
  await b.stop();
  const again = await scene.node('b', {
    DATABASE_URL: urlB,
    FORWARD_URL: `${a.url}/api/v1/write`,
    PORT: port,
  });
  await until(async () => {
    await post(a, [sample('fwd_loop', Math.floor(Math.random() * 1e6))]);
    expect(again.output()).toContain('forwarding goes in a circle');
  });
  const name = `destination="${new URL(a.url).host}/api/v1/write",reason="refused"`;
  expect((await forwardFigures(again))[`dropped_samples_total{${name}}`]).toBeGreaterThan(0);
});
