import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { Env } from '../env';
import { isLoopbackHost } from '../env/loopback';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { neighbourOn } from './build-folder';
import { answerProtocolErrors } from './upgrades';

/** How long a request may take to come to its end, its body included. */
export const REQUEST_MS = 300 * SECOND;

/** Why a server may not listen on its HOST, or null. Without keys anyone who reaches the port could write and read. */
export function refusalOfHost(settings: Env): string | null {
  const { HOST } = settings;
  if (isLoopbackHost(HOST) || mayBeReached(settings)) return null;
  return `HOST is ${HOST}, which others can reach. Set INGEST_KEYS (who may write) and DASHBOARD_PASSWORD (who may look), or listen on 127.0.0.1.`;
}

/** Whether other machines may reach a server: only where it requires keys and a password. */
export function mayBeReached({ INGEST_KEYS, DASHBOARD_PASSWORD }: Env): boolean {
  return INGEST_KEYS.length > 0 && Boolean(DASHBOARD_PASSWORD);
}

/** A server whose limits suit agents: they keep one connection and post every second to every minute. */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      keepAliveTimeout: 75 * SECOND,
      // Also for a connection that sends nothing at all.
      headersTimeout: 15 * SECOND,
      connectionsCheckingInterval: 5 * SECOND,
      requestTimeout: REQUEST_MS,
      // A stream of 64 queries carries them all in its URL.
      maxHeaderSize: 64 * 1_024,
      // A request without a host is refused by us, in the shape that all errors have.
      requireHostHeader: false,
    },
    listener,
  );
  answerProtocolErrors(server);
  return server;
}

type PortName = 'PORT' | 'TLS_PORT';

/**
 * Takes the port that a setting names. Resolves with the port taken.
 * @throws Error with one sentence on why it cannot be taken
 */
export function takePort<Name extends PortName = 'PORT'>(
  server: NetServer,
  settings: Pick<Env, 'HOST' | Name>,
  name: Name = 'PORT' as Name,
): Promise<number> {
  const { HOST } = settings;
  const port: number = settings[name];
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) =>
      reject(new Error(explain(error, HOST, port, name), { cause: error }));
    server.once('error', refuse);
    server.listen(port, HOST, () => {
      server.off('error', refuse);
      server.on('error', (error) => log().error({ err: error }, 'a connection was not accepted'));
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function explain(
  { code, message }: NodeJS.ErrnoException,
  host: string,
  port: number,
  setting: PortName,
): string {
  if (code === 'EADDRINUSE') {
    const neighbour = neighbourOn(port);
    const holder = neighbour ? `Pulseboard, process ${neighbour.pid}` : 'another program';
    return `Port ${port} on ${host} is taken by ${holder}. Choose another one: ${setting}=${port + 1} npm start`;
  }
  if (code === 'EACCES')
    return `Port ${port} may not be opened by this user. Choose one above 1023: ${setting}=${setting === 'PORT' ? 3000 : 3443} npm start`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST is ${host}, which is not an address of this machine.`;
  return `Cannot listen on ${host}:${port}: ${message}`;
}
