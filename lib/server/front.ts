import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { drain } from '../drain';
import { env } from '../env';
import { PulseError } from '../errors';
import { errorResponse } from '../http';
import { clientAddress } from '../limit/address';
import { logAnswer } from '../log';
import { requestIdFrom, withRequestId } from '../request-id';
import { answerIngest } from './ingest';
import { answerLive } from './live';
import { sendPlain } from './send';

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** What plain `node:http` answers itself; everything else is for Next.js. */
const HOT_PATHS: Record<string, Answer> = {
  'POST /api/metrics': answerIngest,
  'GET /api/live': answerLive,
};

export interface Front {
  listener: RequestListener;
  /** Hands over Next.js' own handler once it is prepared; requests for pages wait until then. */
  openPages(answer: Answer): void;
}

export function createFront(): Front {
  let openPages!: (answer: Answer) => void;
  const pages = new Promise<Answer>((resolve) => {
    openPages = resolve;
  });
  const answerPage: Answer = async (request, response) => {
    const { url = '/', headers, socket } = request;
    if (!isDecodable(url)) throw new PulseError('bad_parameter', 'The address is not well encoded.');
    // Next.js would believe what the sender writes there.
    headers['x-forwarded-for'] = clientAddress(
      socket.remoteAddress,
      headers['x-forwarded-for'],
      env().TRUST_PROXY,
    );
    return (await pages)(request, response);
  };
  return {
    openPages,
    listener(request, response) {
      // Its connection would otherwise wait for a next request, which a stopping server does not take.
      if (drain().signal.aborted) response.setHeader('connection', 'close');
      const { method = '', url = '/', headers } = request;
      const id = requestIdFrom(headers['x-request-id']);
      response.setHeader('x-request-id', id);
      const query = url.indexOf('?');
      const path = query === -1 ? url : url.slice(0, query);
      const answer = HOT_PATHS[`${method} ${path}`] ?? answerPage;
      const startedAt = performance.now();
      withRequestId(id, async () => {
        try {
          await answer(request, response);
        } catch (error) {
          if (response.headersSent) response.destroy();
          else sendPlain(request, response, errorResponse(error));
        }
        logAnswer({ method, path, status: response.statusCode, ms: performance.now() - startedAt });
      });
    },
  };
}

/** Next.js answers what it cannot decode as if it were its own fault. */
function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true;
  try {
    decodeURI(url);
    return true;
  } catch {
    return false;
  }
}

/**
 * Upgrade requests. Next.js would add a listener of its own to our server and leave unknown ones hanging, so it is
 * given a server that never listens, and only what is its own (hot reloading in development).
 */
export type Upgrades = ReturnType<typeof createUpgrades>;

export function createUpgrades(dev: boolean) {
  const nextsOwn = createServer();
  return {
    nextsOwn,
    listener(request: IncomingMessage, socket: Duplex, head: Buffer) {
      // From here on the socket is nobody's but ours, and without a listener its end would be the server's.
      socket.on('error', () => socket.destroy());
      const isNexts = dev && request.url?.startsWith('/_next/') && nextsOwn.listenerCount('upgrade') > 0;
      if (isNexts) return nextsOwn.emit('upgrade', request, socket, head);
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', () =>
        socket.destroy(),
      );
    },
  };
}
