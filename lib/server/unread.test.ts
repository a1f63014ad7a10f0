import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usedBytes } from '@/test/support/memory';
import { until } from '@/test/support/processes';
import { Reclaim } from '../runtime/reclaim';
import { endUnread } from './unread';

const MIB = 2 ** 20;
const LARGE = 'x'.repeat(32 * 2 ** 20);
const reclaim = new Reclaim();
let time: number;
let stop: () => void;
let answers: ServerResponse[];
const server = createServer((request, response) => {
  answers.push(response);
  if (request.url === '/large') response.end(LARGE);
  if (request.url === '/own') response.end(Buffer.alloc(16 * MIB));
});

beforeEach(async () => {
  time = 0;
  answers = [];
  ({ stop } = endUnread(reclaim, { now: () => time, lookEveryMs: 5 }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  stop();
  reclaim.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A client that has asked, and reads only what the system takes for it. */
async function ask(path: string, count = 1): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await until(() => expect(answers).toHaveLength(count));
  return socket;
}

/** Some looks pass. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('a connection', () => {
  it('whose reader takes nothing for half a minute is ended, and what waited for it is let go', async () => {
    const client = await ask('/large');
    await until(() => expect(answers[0].writableLength).toBeGreaterThan(0));
    await looks();
    time += 29_000;
    await looks();
    expect(answers[0].destroyed).toBe(false);
    time += 2_000;
    await until(() => expect(answers[0].destroyed).toBe(true));
    client.destroy();
  });

  it('whose reader is slow is not', async () => {
    const client = await ask('/slow');
    let received = 0;
    for (let i = 0; i < 20; i++) {
      answers[0].write(LARGE.slice(0, 2 ** 16));
      time += 20_000;
      await looks();
      received += client.read()?.length ?? 0;
      await looks();
    }
    expect(answers[0].destroyed).toBe(false);
    expect(received).toBeGreaterThan(0);
    client.destroy();
  });

  it('that waits for its answer, or for its next question, is not', async () => {
    const client = await ask('/never');
    time += 3_600_000;
    await looks();
    time += 3_600_000;
    await looks();
    expect(answers[0].destroyed).toBe(false);
    client.destroy();
  });

  it('gives back what waited for it, when very many are ended', async () => {
    const before = await usedBytes();
    const clients: Socket[] = [];
    for (let i = 1; i <= 16; i++) clients.push(await ask('/own', i));
    expect((await usedBytes()) - before).toBeGreaterThan(128 * MIB);
    await looks();
    time += 31_000;
    await until(() => expect(answers.every(({ destroyed }) => destroyed)).toBe(true));
    answers = [];
    // Neither has the server to wait until the clients go.
    expect((await usedBytes()) - before).toBeLessThan(16 * MIB);
    for (const client of clients) client.destroy();
  });
});
