import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { CHUNK_BYTES, HeldBodies } from '@/lib/access/limit/held-body';
import { createFigures } from '@/lib/observe/figures';
import { Reclaim } from '@/lib/runtime/reclaim';
import { FrameInflater } from '@/lib/write/ingest/frame-inflater';
import { FrameClient } from '@/test/support/frame-client';
import { until } from '@/test/support/processes';
import { Arriving } from './arriving';
import { type ConnectionHost, IngestConnection, PING_MS, SILENCE_MS } from './connection';

/** What a connection is given by its hub, with a database that keeps up or does not, at will. */
function hostOf(bodies: HeldBodies) {
  const host = {
    figures: createFigures(),
    bodies,
    inflater: new FrameInflater(2 ** 20),
    keepsUp: true,
    hasRoom: () => host.keepsUp,
    flushSoon: (connection: IngestConnection) => connection.flush(),
  };
  return host satisfies ConnectionHost;
}

describe('a connection', () => {
  let server: Server;
  let host: ReturnType<typeof hostOf>;
  let reclaim: Reclaim;
  let opened: IngestConnection[];

  beforeEach(async () => {
    reclaim = new Reclaim();
    host = hostOf(new HeldBodies(reclaim));
    opened = [];
    const result = { accepted: 1, duplicates: 0, rejected: 0, errors: [] };
    const session = { rateHeaders: {}, write: async () => result };
    const frames = new WebSocketServer({ noServer: true });
    server = createServer().on('upgrade', (request, socket, head) =>
      frames.handleUpgrade(request, socket, head, (ws) => {
        const noteRefused = () => undefined;
        const peer = { ws, socket, session, precision: 'ms' as const, noteRefused };
        const connection = new IngestConnection(host, peer, 0);
        ws.on('close', () => connection.end());
        opened.push(connection);
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    reclaim.close();
    server.close();
  });

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('is pinged, and ended when its other end does not answer for a minute', async () => {
    // It takes the answer to its upgrade, and no frame after it.
    const silent: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const heard: Buffer[] = [];
    silent.on('data', (chunk) => heard.push(chunk)).on('error', () => undefined);
    const closed = new Promise((resolve) => silent.on('close', resolve));
    silent.write(
      'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
        `sec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`,
    );
    const alive = await FrameClient.open(url());
    await until(() => expect(opened).toHaveLength(2));
    const pongs: number[] = [];
    alive.ws.on('ping', () => pongs.push(1));
    for (let now = 1_000; now < SILENCE_MS; now += 1_000) {
      for (const connection of opened) connection.look(now);
      if (now % PING_MS === 0) await until(() => expect(pongs).toHaveLength(now / PING_MS));
      // Its answers have arrived.
      await alive.ask({ seq: now, samples: [] });
    }
    await until(() => expect(Buffer.concat(heard).subarray(-4)).toEqual(Buffer.from([0x89, 0, 0x89, 0])));
    for (const connection of opened) connection.look(SILENCE_MS);
    await closed;
    expect(alive.ws.readyState).toBe(alive.ws.OPEN);
    await alive.close();
  });

  it('is not read while the database does not keep up, and is not taken for silent then', async () => {
    const client = await FrameClient.open(url());
    await until(() => expect(opened).toHaveLength(1));
    host.keepsUp = false;
    client.send({ seq: 1, samples: [] });
    await until(() => expect(host.figures.connectionsPaused.value).toBe(1));
    expect(host.bodies.bytes).toBeGreaterThan(CHUNK_BYTES);
    opened[0].look(SILENCE_MS);
    opened[0].look(2 * SILENCE_MS);
    client.send({ seq: 2, samples: [] });
    expect(client.answers).toEqual([]);
    host.keepsUp = true;
    opened[0].advance();
    await client.answered(2);
    expect(client.answers.map(({ ack }) => ack)).toEqual([1, 2]);
    expect(host.figures.connectionsPaused.value).toBe(0);
    await until(() => expect(host.bodies.bytes).toBe(0));
    await client.close();
  });

  it('answers what it has when it stops, takes nothing more, and says goodbye', async () => {
    const client = await FrameClient.open(url());
    await until(() => expect(opened).toHaveLength(1));
    host.keepsUp = false;
    client.send({ seq: 1, samples: [] });
    await until(() => expect(host.figures.connectionsPaused.value).toBe(1));
    opened[0].stop();
    client.send({ seq: 2, samples: [] });
    host.keepsUp = true;
    opened[0].advance();
    expect(await client.closed).toEqual({ code: 1001, reason: 'The server is stopping; connect again.' });
    expect(client.answers).toEqual([{ ack: 1, accepted: 1, duplicates: 0, rejected: 0 }]);
    await until(() => expect(host.bodies.bytes).toBe(0));
  });
});

describe('what is arriving', () => {
  it('is reckoned from the bytes of the wire, and is nothing between frames', () => {
    const arriving = new Arriving();
    for (let i = 0; i < 1_000; i++) {
      for (const length of [10, 126, 65_535, 65_536, 500_000]) {
        const wire = length + (length < 126 ? 6 : length < 65_536 ? 8 : 14);
        for (let sent = 0; sent < wire; sent += 60_000) {
          arriving.chunk(Math.min(60_000, wire - sent));
          expect(arriving.heldBytes).toBeGreaterThan(0);
        }
        arriving.message(length);
        expect(arriving.heldBytes).toBe(0);
      }
    }
  });

  it('holds the beginning of a frame that came with the end of another', () => {
    const arriving = new Arriving();
    arriving.chunk(116 + 50);
    arriving.message(110);
    expect(arriving.heldBytes).toBe(50 + CHUNK_BYTES);
  });

  it('of fragments counts the last chunk at most', () => {
    const arriving = new Arriving();
    for (let i = 0; i < 1_000; i++) arriving.chunk(7);
    expect(arriving.heldBytes).toBe(7_000 + 1_000 * CHUNK_BYTES);
    arriving.message(1_000);
    expect(arriving.heldBytes).toBe(7 + CHUNK_BYTES);
  });
});
