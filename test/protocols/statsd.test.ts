import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { StatsD } from 'hot-shots';
import { describe, expect, test } from 'vitest';
import { freePort, until } from '../support/processes';
import { storedSeries } from '../support/stored-samples';
import { useNode } from '../support/use-node';

const port = await freePort();
const node = useNode({ INGEST_KEYS: 'key', DASHBOARD_PASSWORD: 'open sesame', STATSD_PORT: String(port) });

let names = 0;
const freshName = () => `statsd.${names++}`;
const instance = () => `${hostname()}:${port}`;

/** What a counter that is stored has grown by in all; NaN before it is there. */
async function increaseOf(name: string): Promise<number> {
  const [series] = await storedSeries(node.databaseUrl, name);
  let increase = Number.NaN;
  let before = 0;
  for (const [, value] of series?.samples ?? []) {
    increase = (Number.isNaN(increase) ? 0 : increase) + (value < before ? value : value - before);
    before = value;
  }
  return increase;
}

async function sendPacket(text: string | Buffer): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.send(text, port, '127.0.0.1', resolve));
  socket.close();
}

async function sendLines(text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  await once(socket, 'close');
}

async function figures(): Promise<string> {
  const authorization = `Basic ${Buffer.from('x:open sesame').toString('base64')}`;
  return (await fetch(`${node.url}/api/prometheus`, { headers: { authorization } })).text();
}
const figure = async (name: string) =>
  Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(await figures())?.[1]);

describe.each(['udp', 'tcp'] as const)('what hot-shots sends over %s', (protocol) => {
  test('is stored', async () => {
    const prefix = `${freshName()}.`;
    const client = new StatsD({
      host: '127.0.0.1',
      port,
      protocol,
      prefix,
      globalTags: { env: 'prod' },
      maxBufferSize: 1_000,
    });
    for (let i = 0; i < 100; i++) client.increment('hits', 2, { path: '/a,b' });
    client.increment('sampled', 1, 1);
    client.gauge('depth', 12.5);
    client.gaugeDelta('depth', -2.5);
    client.timing('took', 3);
    client.timing('took', 300);
    client.histogram('size', 7);
    client.distribution('spread', 9);
    client.set('users', 'joe');
    client.set('users', 'ann');
    client.event('deployed', 'a text');
    client.check('db', client.CHECKS.OK);
    await new Promise<void>((resolve) => client.close(() => resolve()));
    const labels = { env: 'prod', instance: instance() };
    await until(async () => {
      expect(await increaseOf(`${prefix}hits`)).toBe(200);
      const last = async (name: string) =>
        (await storedSeries(node.databaseUrl, prefix + name)).map((series) => [
          series.labels,
          series.samples.at(-1)?.[1],
        ]);
      expect(await last('hits')).toEqual([[{ ...labels, path: expect.any(String) }, 200]]);
      expect(await last('sampled')).toEqual([[labels, 1]]);
      expect(await last('depth')).toEqual([[labels, 10]]);
      expect(await last('took_count')).toEqual([[labels, 2]]);
      expect(await last('took_sum')).toEqual([[labels, 303]]);
      expect(await last('size_sum')).toEqual([[labels, 7]]);
      expect(await last('spread_sum')).toEqual([[labels, 9]]);
      expect(await last('users')).toEqual([[labels, 2]]);
      const buckets = await storedSeries(node.databaseUrl, `${prefix}took_bucket`);
      const atMost = (le: string) => buckets.find((series) => series.labels.le === le)?.samples.at(-1)?.[1];
      expect([atMost('0'), atMost('4'), atMost('+Inf')]).toEqual([0, 1, 2]);
    });
    expect(await figure('pulseboard_statsd_lines_total{result="unsupported"}')).toBeGreaterThanOrEqual(2);
  });
});

test('whatever comes, the next line counts', async () => {
  const name = freshName();
  const before = await figure('pulseboard_statsd_lines_total{result="malformed"}');
  await sendPacket(Buffer.from([0xff, 0xfe, 0x0a]));
  await sendPacket(Buffer.alloc(60_000, 'x'));
  await sendPacket('\n\n\r\n');
  await sendPacket(`rubbish\n${name}:1|c\n:|\n`);
  await sendLines(`${'x'.repeat(100_000)}\n${name}:2|c\r\n\xff\n${name}:4|c`);
  await until(async () => expect(await increaseOf(name)).toBe(7));
  expect((await figure('pulseboard_statsd_lines_total{result="malformed"}')) - before).toBeGreaterThanOrEqual(
    5,
  );
  expect(await figure('pulseboard_statsd_series')).toBeGreaterThan(0);
});

test('what was not read in time is told', async () => {
  process.kill(node.server.pid, 'SIGSTOP');
  const socket = createSocket('udp4');
  const packet = Buffer.alloc(8_000, 'x');
  for (let i = 0; i < 4_000; i++)
    await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve));
  socket.close();
  process.kill(node.server.pid, 'SIGCONT');
  await until(async () => expect(await figure('pulseboard_statsd_dropped_packets_total')).toBeGreaterThan(0));
});

test.each([
  ['refuses', 'cut'],
  ['hangs', 'swallow'],
] as const)('while the database %s nothing that is counted is lost', async (_what, act) => {
  const name = freshName();
  await sendPacket(`${name}:1|c`);
  await until(async () => expect(await increaseOf(name)).toBe(1));
  node.wire[act]();
  for (let i = 0; i < 25; i++) {
    await sendPacket(`${name}:1|c\n${name}.took:${i}|ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  node.wire.heal();
  await until(async () => {
    expect(await increaseOf(name)).toBe(26);
    expect(await increaseOf(`${name}.took_count`)).toBe(25);
  });
});

test('a stop writes what was received, and a new start goes on counting', async () => {
  const name = freshName();
  await sendPacket(`${name}:1|c`);
  await until(async () => expect(await increaseOf(name)).toBe(1));
  for (let i = 0; i < 20; i++) await sendPacket(`${name}:1|c`);
  await sendLines(`${name}:3|c\n`.repeat(10));
  const open = connect(port, '127.0.0.1');
  await once(open, 'connect');
  open.write(`${name}:100|c\n`);
  await until(async () => expect(await figure('pulseboard_keyless_connections')).toBe(1));
  const closed = once(open.resume(), 'close');
  expect(await node.server.stop()).toBe(0);
  await closed;
  expect(await increaseOf(name)).toBe(151);
  await node.start();
  await sendPacket(`${name}:1|c`);
  await until(async () => expect(await increaseOf(name)).toBe(152));
});

test('a port that is taken is a reason not to start', async () => {
  await expect(node.start()).rejects.toThrow(`STATSD_PORT=${port + 1}`);
});

test('what cannot be written at the end is told', async () => {
  const name = freshName();
  node.wire.cut();
  await sendPacket(`${name}:1|c`);
  await until(async () => expect(await figure('pulseboard_statsd_series')).toBeGreaterThan(0));
  expect(await node.server.stop()).toBe(0);
  expect(node.server.output()).toContain('samples of StatsD could not be stored');
});
