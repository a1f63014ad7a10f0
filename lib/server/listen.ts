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

/** The settings that are ports, each with a usual value and the setting that says on which host. */
const PORTS = {
  PORT: { usual: 3_000, hostName: 'HOST' },
  TLS_PORT: { usual: 3_443, hostName: 'HOST' },
  STATSD_PORT: { usual: 8_125, hostName: 'KEYLESS_HOST' },
  GRAPHITE_PORT: { usual: 2_003, hostName: 'KEYLESS_HOST' },
} as const;
type PortName = keyof typeof PORTS;

/**
 * Takes the port that a setting names. Resolves with the port taken.
 * @throws Error with one sentence on why it cannot be taken
 */
export function takePort<Name extends 'PORT' | 'TLS_PORT' = 'PORT'>(
  server: NetServer,
  settings: Pick<Env, 'HOST' | Name>,
  name: Name = 'PORT' as Name,
): Promise<number> {
  return listenAt(server, settings.HOST, settings[name], name);
}

/** The same for the port of any setting. */
export function listenAt(server: NetServer, host: string, port: number, name: PortName): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(refusedPort(error, host, port, name));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      server.on('error', (error) => log().error({ err: error }, 'a connection was not accepted'));
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Why a port cannot be taken, in a sentence. */
export function refusedPort(cause: NodeJS.ErrnoException, host: string, port: number, name: PortName): Error {
  return new Error(explain(cause, host, port, name), { cause });
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
    return `Port ${port} may not be opened by this user. Choose one above 1023: ${setting}=${PORTS[setting].usual} npm start`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${PORTS[setting].hostName} is ${host}, which is not an address of this machine.`;
  return `Cannot listen on ${host}:${port}: ${message}`;
}
