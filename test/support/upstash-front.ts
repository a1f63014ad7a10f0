import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createClient } from '@redis/client';

/**
 * Upstash's REST and subscription protocol over a real Redis, for tests: written from Upstash's documentation and
 * its client's source, so that the real client crosses real HTTP. Commands: `POST /`, `/pipeline`, `/multi-exec`;
 * subscriptions: `POST /subscribe/<channel>` as server-sent events.
 */
export interface UpstashFront {
  readonly url: string;
  readonly token: string;
  /** Ends every subscription as a proxy does that has had enough: without a word. */
  endSubscriptions(): void;
  /** Leaves subscriptions open and sends nothing more on them. */
  muteSubscriptions(): void;
  /** Refuses new connections and ends the open ones, until `heal`. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

type Reply = string | number | null | Reply[];

export async function startUpstashFront(redisUrl: string): Promise<UpstashFront> {
  const token = 'a-test-token';
  const redis = createClient({ url: redisUrl, RESP: 2 });
  redis.on('error', () => {});
  await redis.connect();
  const streams = new Set<{ response: ServerResponse; muted: boolean }>();
  let isCut = false;

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else json(response, 400, { error: error.message });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isCut) return void request.socket.destroy();
    if (request.headers.authorization !== `Bearer ${token}`)
      return json(response, 401, { error: 'Unauthorized' });
    const encoded = request.headers['upstash-encoding'] === 'base64';
    const [, route, channel] = (request.url ?? '/').split('/');
    const body = JSON.parse(await text(request));
    if (route === 'subscribe') return subscribe(decodeURIComponent(channel), response);
    if (route === 'pipeline' || route === 'multi-exec') {
      const replies = await Promise.all((body as unknown[][]).map((command) => run(command, encoded)));
      return json(response, 200, replies);
    }
    const reply = await run(body as unknown[], encoded);
    json(response, 'error' in reply ? 400 : 200, reply);
  }

  async function run(command: unknown[], encoded: boolean) {
    try {
      const result = (await redis.sendCommand(command.map(String))) as Reply;
      return { result: encoded ? encode(result) : result };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  async function subscribe(channel: string, response: ServerResponse): Promise<void> {
    const subscriber = redis.duplicate();
    subscriber.on('error', () => response.destroy());
    const stream = { response, muted: false };
    streams.add(stream);
    response.once('close', () => {
      streams.delete(stream);
      if (subscriber.isOpen) subscriber.destroy();
    });
    await subscriber.connect();
    // Whoever asked may be gone by now.
    if (response.destroyed) return subscriber.destroy();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // A first message may be here before this function knows that it has subscribed.
    const subscribed: Promise<void> = subscriber.subscribe(channel, async (message) => {
      await subscribed;
      if (!stream.muted) response.write(`data: message,${channel},${message}\n\n`);
    });
    await subscribed;
    response.write(`data: subscribe,${channel},1\n\n`);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    endSubscriptions() {
      for (const { response } of streams) response.end();
    },
    muteSubscriptions() {
      for (const stream of streams) stream.muted = true;
    },
    cut() {
      isCut = true;
      server.closeAllConnections();
    },
    heal() {
      isCut = false;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      redis.destroy();
    },
  };
}

/** Every string but OK in base64, as `Upstash-Encoding: base64` asks; numbers and null as they are. */
function encode(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(encode);
  if (typeof reply !== 'string' || reply === 'OK') return reply;
  return Buffer.from(reply).toString('base64');
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
