import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, until } from '../support/processes';
import { storedSamples, storedSeries } from '../support/stored-samples';
import { useNode } from '../support/use-node';

const port = await freePort();
const node = useNode({ GRAPHITE_PORT: String(port) });

let names = 0;
const freshName = () => `graphite.${names++}`;

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // Nothing is ever said.
  return socket.on('data', (data) => expect(data).toBeNull()).on('error', () => undefined);
}

/** As `nc` does. */
async function send(text: string | Buffer): Promise<void> {
  const socket = await open();
  socket.end(text);
  await once(socket, 'close');
}

const figure = async (name: string) => {
  const text = await (await fetch(`${node.url}/api/prometheus`)).text();
  return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
};

test('times that no clock has are passed over', async () => {
  const name = freshName();
  await send(`${name} 1 1e400\n${name} 2 -1e400\n${name} 3 1e308\n${name} 4 -1\n`);
  await until(async () =>
    expect((await storedSamples(node.databaseUrl, name)).map(({ value }) => value)).toEqual([4]),
  );
});

test('what is sent is stored, by path or by tags', async () => {
  const name = freshName();
  const seconds = Math.floor(Date.now() / 1_000);
  await send(
    `${name}.cpu 41.5 ${seconds}\n${name}.cpu 42 ${seconds + 1}\n${name};host=web-1 1e-7 ${seconds}.5`,
  );
  await until(async () => {
    expect(await storedSeries(node.databaseUrl, `${name}.cpu`)).toEqual([
      {
        labels: {},
        samples: [
          [seconds * 1_000, 41.5],
          [(seconds + 1) * 1_000, 42],
        ],
      },
    ]);
    expect(await storedSeries(node.databaseUrl, name)).toEqual([
      { labels: { host: 'web-1' }, samples: [[seconds * 1_000 + 500, 1e-7]] },
    ]);
  });
});

test('whatever comes, the next line is stored', async () => {
  const name = freshName();
  const seconds = Math.floor(Date.now() / 1_000);
  const before = await figure('pulseboard_graphite_lines_total{result="malformed"}');
  await send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await send(
    Buffer.concat([Buffer.from([0, 0, 255, 255, 0x80, 2, 10]), Buffer.from(`${name} 1 ${seconds}\n`)]),
  );
  await send(`${'x'.repeat(200_000)}\n${name} 2 ${seconds + 1}\n${name} nan ${seconds + 2}\n${name} 3 1\n`);
  await send(`${name} 4 ${seconds + 3}`);
  await until(async () =>
    expect((await storedSamples(node.databaseUrl, name)).map(({ value }) => value)).toEqual([1, 2, 4]),
  );
  expect((await figure('pulseboard_graphite_lines_total{result="malformed"}')) - before).toBe(4);
});

test.each([
  ['refuses', 'cut'],
  ['hangs', 'swallow'],
] as const)('while the database %s nothing is lost', async (_what, act) => {
  const name = freshName();
  const first = Date.now() - 600_000;
  const sender = await open();
  const line = (i: number) => `${name} ${i} ${(first + i) / 1_000}\n`;
  sender.write(line(0));
  await until(async () => expect(await storedSamples(node.databaseUrl, name)).toHaveLength(1));
  node.wire[act]();
  let sent = 1;
  await until(
    async () => {
      if (sender.writableLength < 2 ** 16) for (let i = 0; i < 1_000; i++) sender.write(line(sent++));
      if (sent < 20_000) throw new Error('all of it went through');
    },
    30_000,
    1,
  );
  node.wire.heal();
  sender.end();
  await once(sender, 'close');
  await until(async () => {
    const stored = await storedSamples(node.databaseUrl, name);
    expect(stored).toHaveLength(sent);
    expect(stored.every(({ value, timestamp }) => timestamp === first + value)).toBe(true);
  });
});

test('a stop stores what has arrived', async () => {
  const name = freshName();
  const sender = await open();
  const now = Date.now();
  for (let i = 0; i < 2_000; i++) sender.write(`${name} ${i} ${(now - i) / 1_000}\n`);
  await until(async () => expect((await storedSamples(node.databaseUrl, name)).length).toBeGreaterThan(0));
  const closed = once(sender, 'close');
  expect(await node.server.stop()).toBe(0);
  await closed;
  expect(await storedSamples(node.databaseUrl, name)).toHaveLength(2_000);
});
