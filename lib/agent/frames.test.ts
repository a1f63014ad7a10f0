import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '@/test/support/processes';
import { startAgent } from './agent';
import { gauge } from './reading';

/** The other end of an agent: one that acknowledges, refuses or is away at will. */
class FrameSink {
  /** The value of each frame, in order of arrival, with the number it came under. */
  readonly frames: Array<{ seq: number; value: number }> = [];
  /** What the next frames are answered with; an acknowledgement when there is none left, nothing for null. */
  readonly answers: Array<object | null> = [];
  readonly keys: Array<string | undefined> = [];
  upgradeStatus: number | null = null;
  connections = 0;
  private server: Server | null = null;
  private readonly sockets = new Set<WebSocket>();
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    const frames = new WebSocketServer({ noServer: true });
    this.server = createServer((_request, response) => response.writeHead(404).end());
    this.server.on('upgrade', (request, socket, head) => {
      if (this.upgradeStatus !== null) {
        socket.end(`HTTP/1.1 ${this.upgradeStatus} No\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      this.keys.push(request.headers.authorization);
      frames.handleUpgrade(request, socket, head, (ws) => this.serve(ws));
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Says goodbye to all, as a server does that stops. */
  goodbye(): void {
    for (const ws of this.sockets) ws.close(1001, 'bye');
  }

  async close(): Promise<void> {
    for (const ws of this.sockets) ws.terminate();
    const { server } = this;
    this.server = null;
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  private serve(ws: WebSocket): void {
    this.connections++;
    this.sockets.add(ws);
    ws.on('close', () => this.sockets.delete(ws));
    ws.on('message', (data: Buffer) => {
      const { seq, samples } = JSON.parse(gunzipSync(data).toString());
      this.frames.push({ seq, value: samples[0].value });
      const answer = this.answers.length > 0 ? this.answers.shift() : { ack: seq };
      if (answer) ws.send(JSON.stringify({ nack: seq, ...answer }).replace(`"nack":${seq},"ack"`, '"ack"'));
    });
  }
}

let sink: FrameSink;
let said: string[];
let agent: { close(): Promise<void> };

beforeEach(async () => {
  said = [];
  sink = new FrameSink();
  await sink.open();
});
afterEach(async () => {
  await agent?.close();
  await sink.close();
});

function start(options: Partial<Parameters<typeof startAgent>[0]> = {}): void {
  let value = 0;
  agent = startAgent({
    url: sink.url,
    transport: 'ws',
    intervalMs: 50,
    sources: [{ name: 'counting', everyMs: 0, read: () => [gauge('reading', '', value++)] }],
    say: (message) => said.push(message),
    ...options,
  });
}

const values = () => sink.frames.map(({ value }) => value);
const arrivals = (count: number) => until(() => expect(sink.frames.length).toBeGreaterThanOrEqual(count));
/** Every value from the first on, whatever came more than once. */
function expectNothingMissing(): void {
  const unique = [...new Set(values())];
  expect(unique).toEqual(unique.map((_, at) => at));
}

describe('an agent with a WebSocket', () => {
  it('sends frames in order over one connection, with its key', async () => {
    start({ key: 'secret' });
    await arrivals(5);
    expect(sink.connections).toBe(1);
    expect(sink.keys).toEqual(['Bearer secret']);
    expect(sink.frames.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((at) => ({ seq: at, value: at })));
    expect(said).toEqual([]);
  });

  it('sends again what was not acknowledged when the connection broke, and nothing else', async () => {
    sink.answers.push({ ack: 0 }, { ack: 1 }, null, null);
    start();
    await arrivals(4);
    await sink.close();
    await sink.open();
    await arrivals(8);
    expect(values().slice(0, 8)).toEqual([0, 1, 2, 3, 2, 3, 4, 5]);
    expectNothingMissing();
    await until(() =>
      expect(said).toEqual([
        expect.stringMatching(/^The server does not take samples/),
        expect.stringMatching(/^The server is back/),
      ]),
    );
  });

  it('goes to another server when this one says goodbye', async () => {
    start();
    await arrivals(2);
    sink.goodbye();
    await until(() => expect(sink.connections).toBe(2));
    await arrivals(6);
    expectNothingMissing();
  });

  it('sends a frame again that is wanted later, and those behind it, in order', async () => {
    sink.answers.push({ ack: 0 }, { error: { code: 'queue_full', message: 'full' }, retryAfterMs: 10 });
    start();
    await arrivals(5);
    expectNothingMissing();
    expect(values().slice(0, 3)).toEqual([0, 1, 1]);
    expect(said[0]).toContain('full');
    expect(sink.connections).toBe(1);
  });

  it('drops a frame that will never be taken, says why, and goes on', async () => {
    const refused = { error: { code: 'nothing_usable', message: 'every sample is bad' } };
    sink.answers.push(refused, { ...refused, nack: null });
    start();
    await arrivals(4);
    expect(values()).toEqual([0, 1, 2, 3].slice(0, values().length));
    expect(said).toEqual(['Lost: the server refused samples: every sample is bad']);
  });

  it('drops the oldest when its backlog is full', async () => {
    await sink.close();
    start({ backlogBytes: 1_000 });
    await until(() => expect(said.join()).toContain('The buffer is full'));
    await sink.open();
    await arrivals(3);
    expect(values()[0]).toBeGreaterThan(0);
    expect(values()).toEqual(values().map((_, at) => values()[0] + at));
  });

  it('says clearly that a server does not speak it, and sends nothing another way', async () => {
    sink.upgradeStatus = 404;
    start();
    await until(() =>
      expect(said[0]).toContain('it does not speak WebSocket at /api/ingest: it answered 404'),
    );
    sink.upgradeStatus = 503;
    await until(() => expect(said).toHaveLength(1));
    sink.upgradeStatus = null;
    await arrivals(3);
    expectNothingMissing();
  });
});
