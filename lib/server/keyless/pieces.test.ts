import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { piecesOf } from './pieces';

const LONG_MS = 60_000;
const ends: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Two ends of a connection. */
async function dial(): Promise<{ sender: Socket; receiver: Socket }> {
  const server = createServer();
  const arrived = once(server, 'connection');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sender = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [receiver] = (await arrived) as [Socket];
  for (const socket of [sender, receiver]) socket.on('error', () => undefined);
  ends.push(
    () => [sender, receiver].map((socket) => socket.destroy()),
    () => server.close(),
  );
  return { sender, receiver };
}

async function readAll(pieces: ReturnType<typeof piecesOf>) {
  let text = '';
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return { text, end: value };
    text += value;
  }
}

test('all that is sent is read, to the end of the connection', async () => {
  const { sender, receiver } = await dial();
  const read = readAll(piecesOf(receiver, LONG_MS, new AbortController().signal));
  sender.write('a');
  await once(receiver, 'readable');
  sender.write('b'.repeat(500_000));
  sender.end('c');
  expect(await read).toEqual({ text: `a${'b'.repeat(500_000)}c`, end: 'closed' });
});

test('a connection that breaks has ended', async () => {
  const { sender, receiver } = await dial();
  const read = readAll(piecesOf(receiver, LONG_MS, new AbortController().signal));
  sender.resetAndDestroy();
  expect(await read).toEqual({ text: '', end: 'closed' });
});

test('one that is silent is left, one that speaks is not', async () => {
  const { sender, receiver } = await dial();
  const read = readAll(piecesOf(receiver, 100, new AbortController().signal));
  sender.write('a');
  expect(await read).toEqual({ text: 'a', end: 'silent' });
});

test('at a stop what has arrived is read, and nothing more', async () => {
  const { sender, receiver } = await dial();
  const stop = new AbortController();
  const pieces = piecesOf(receiver, LONG_MS, stop.signal);
  sender.write('a');
  expect(String((await pieces.next()).value)).toBe('a');
  sender.write('b');
  await once(receiver, 'readable');
  stop.abort();
  expect(await readAll(pieces)).toEqual({ text: 'b', end: 'stopped' });
});

test('while nobody reads, the sender waits', async () => {
  const { sender, receiver } = await dial();
  const pieces = piecesOf(receiver, LONG_MS, new AbortController().signal);
  sender.write('a');
  await pieces.next();
  const chunk = Buffer.alloc(2 ** 20);
  // Until the buffers of both ends are full.
  for (let i = 0; i < 200 && sender.writableLength < 4 * chunk.length; i++) {
    sender.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(sender.writableLength).toBeGreaterThanOrEqual(4 * chunk.length);
  expect(receiver.readableLength).toBeLessThan(2 ** 18);
});
