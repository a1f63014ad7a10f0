import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import type { Root } from '../system/root';
import { headOf } from './head';
import { refuseUpgrade } from './refuse-upgrade';
import { FINISH_MS } from './shutdown';
import { receive } from './target';
import { UPGRADE_ENDPOINTS } from './upgrade-endpoints';

/**
 * Upgrade requests: those to a path of the table are taken over, all others refused. Next.js would add a listener of
 * its own to our server and leave unknown ones hanging, so it is given a server that never listens, and only what is
 * its own (hot reloading in development).
 */
export type Upgrades = ReturnType<typeof createUpgrades>;

export function createUpgrades(root: Root, dev: boolean, endpoints = UPGRADE_ENDPOINTS) {
  const nextsOwn = createServer();
  const gates = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint.open(root)]));
  const { settings } = root;
  const { signal } = root.drain;
  /** A server that closes waits for these, and does not end them. */
  const upgraded = new Set<Duplex>();
  signal.addEventListener('abort', () => {
    setTimeout(() => {
      for (const socket of upgraded) socket.destroy();
    }, FINISH_MS).unref();
  });

  function takeOver(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const admit = gates.get(path);
    if (!admit) throw new PulseError('not_found', 'Nothing here speaks another protocol than HTTP.');
    if (signal.aborted)
      throw new PulseError('shutting_down', 'The server is stopping; connect again.', {
        retryAfterMs: SECOND,
      });
    const handle = admit(headOf(request, path, settings));
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    handle({ request, socket, head, signal });
  }

  return {
    nextsOwn,
    listener(request: IncomingMessage, socket: Duplex, head: Buffer) {
      // From here on the socket is ours; without a listener an error of it would end the process.
      socket.on('error', () => socket.destroy());
      try {
        const path = receive(request, settings);
        const isNexts = dev && path.startsWith('/_next/') && nextsOwn.listenerCount('upgrade') > 0;
        if (isNexts) nextsOwn.emit('upgrade', request, socket, head);
        else takeOver(request, socket, head, path);
      } catch (error) {
        refuseUpgrade(socket, error, request.headers['x-request-id']);
      }
    },
  };
}

/** Answers what Node would answer without a body, or not at all: bytes that are not HTTP, unknown methods, tunnels. */
export function answerProtocolErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy();
    refuseUpgrade(socket, protocolError(error));
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    refuseUpgrade(socket, new PulseError('not_implemented', 'CONNECT is nothing that can be asked here.'));
  });
}

/** The beginning of any HTTP request. */
const REQUEST_LINE = /^\S+ \S+ HTTP\/1\.[01]\r?\n/;

function protocolError({ code, rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }): PulseError {
  switch (code) {
    case 'HPE_INVALID_METHOD':
      if (!REQUEST_LINE.test(String(rawPacket))) break;
      return new PulseError('not_implemented', 'This method is nothing that can be asked here.');
    case 'HPE_HEADER_OVERFLOW':
      return new PulseError('headers_too_large', 'The address and the headers together are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new PulseError('request_timeout', 'The request did not come to its end in time.');
  }
  return new PulseError('bad_request', 'This is not HTTP.');
}
