import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPoster } from '../../lib/agent/post';
import { readEvent } from '../../lib/write/events/read-event';
import { EventSender } from './sender';
import { eventAt } from './traffic';

interface Received {
  key: string;
  events: number;
}

/** A server that answers as it is told, and notes what it was sent. */
async function startServer(answer: (request: number) => { status: number; retryAfter?: string } | null) {
  const received: Received[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const events = text.split('\n').length;
    const reply = answer(received.length);
    received.push({ key: String(request.headers['idempotency-key']), events });
    if (!reply) return void request.socket.destroy();
    const { status, retryAfter } = reply;
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter && { 'retry-after': retryAfter }),
    });
    response.end(
      JSON.stringify(status === 200 ? { accepted: events, duplicates: 0 } : { error: { message: 'later' } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/events`);
  return {
    received,
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the sender', () => {
  const ends: Array<() => void> = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function scene(answer: Parameters<typeof startServer>[0], mostWaiting = 100) {
    const server = await startServer(answer);
    const poster = createPoster(server.url, { connections: 2 });
    const waits: number[] = [];
    const wait = async (ms: number) => void waits.push(ms);
    const sender = new EventSender({ poster, connections: 2, mostWaiting, wait });
    ends.push(() => poster.close(), server.close);
    return { ...server, sender, waits };
  }

  it('sends a body again under the same key until it is taken, when the server says, or ever later', async () => {
    const answers = [
      { status: 503, retryAfter: '3' },
      null,
      { status: 500 },
      { status: 429, retryAfter: '2' },
    ];
    const { sender, received, waits } = await scene((request) =>
      request < answers.length ? answers[request] : { status: 200 },
    );
    sender.send([{ message: 'a' }, { message: 'b' }]);
    await sender.idle();
    expect(new Set(received.map(({ key }) => key)).size).toBe(1);
    expect(waits).toEqual([3_000, 500, 1_000, 2_000]);
    expect(sender.totals).toMatchObject({ accepted: 2, retries: 4, leftOut: 0, problem: null });
  });

  it('holds only so much for a server that takes nothing, and counts what it leaves out', async () => {
    const { sender } = await scene(() => ({ status: 503 }), 5);
    for (let i = 0; i < 50; i++) sender.send([{ n: i }]);
    expect(sender.totals.leftOut).toBe(43);
    sender.stop();
    await sender.idle();
    expect(sender.totals).toMatchObject({ accepted: 0, leftOut: 50 });
  });
});

describe('the traffic', () => {
  it('is the same for the same seed, of events that the server takes', () => {
    const at = 1_795_200_000_000;
    const play = (seed: number) => Array.from({ length: 500 }, (_, n) => eventAt(at + n * 10, n, seed));
    expect(play(7)).toEqual(play(7));
    expect(play(8)).not.toEqual(play(7));
    for (const event of play(7))
      expect(readEvent(event, 0, { now: at, precision: 'ms', bodyKey: null })).not.toHaveProperty('code');
  });

  it('has good times and incidents', () => {
    const shares = Array.from({ length: 120 }, (_, minute) => {
      const events = Array.from({ length: 400 }, (_, n) =>
        eventAt(1_795_200_000_000 + minute * 60_000 + n * 100, minute * 400 + n, 1),
      );
      return events.filter(({ status }) => status >= 500).length / events.length;
    });
    expect(shares.filter((share) => share < 0.02).length).toBeGreaterThan(40);
    expect(Math.max(...shares)).toBeGreaterThan(0.03);
  });
});
