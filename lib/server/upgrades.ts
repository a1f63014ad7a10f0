import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorResponse } from '../api/http';
import { PulseError } from '../model/errors';
import type { Root } from '../system/root';
import { headOf } from './head';
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
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
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
    const endpoint = byPath.get(path);
    if (!endpoint) throw new PulseError('not_found', 'Nothing here speaks another protocol than HTTP.');
    if (signal.aborted) throw new PulseError('shutting_down', 'The server is stopping; connect again.');
    const handle = endpoint.authorize(headOf(request, path, settings), root);
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
        refuseUpgrade(socket, error);
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

/** Answers where there is no response to answer with, and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, headers, body } = errorResponse(error);
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}
