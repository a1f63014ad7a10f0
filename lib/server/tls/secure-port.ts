import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { SECOND } from '../../model/time/duration';
import type { Root } from '../../system/root';
import { createRelay } from '../http2/relay';
import { createSessions } from '../http2/sessions';
import { createStreamFront } from '../http2/stream-front';
import { takePort } from '../listen';
import { FINISH_MS } from '../shutdown';
import { loadCertificate, watchCertificate } from './certificate';

/** Also for a connection that sends nothing at all. */
const HANDSHAKE_MS = 10 * SECOND;
/** The kernel asks whether the other end is there after so long without a byte. */
const KEEP_ALIVE_MS = 30 * SECOND;

const OPTIONS = {
  ALPNProtocols: ['h2', 'http/1.1'],
  minVersion: 'TLSv1.2',
  handshakeTimeout: HANDSHAKE_MS,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
} as const;

export interface SecurePort {
  readonly port: number;
  /** Takes nothing more, lets requests under way finish, cuts off what takes longer. Call it when the drain begins. */
  close(): Promise<void>;
}

export interface SecureParts {
  /** The server of the plain port: what speaks HTTP/1.1 here is one more connection of it. */
  http1: Server;
  /** Told of every connection, to end those that are not read. */
  watch(socket: Socket): void;
  lookEveryMs?: number;
}

/**
 * HTTP/2 and HTTP/1.1 over TLS, beside the plain port, when the settings name a certificate; null when they do not.
 *
 * @throws Error with a sentence that names the setting when the certificate cannot be used, or the port cannot be taken
 */
export async function openSecurePort(root: Root, parts: SecureParts): Promise<SecurePort | null> {
  const { settings, figures } = root;
  if (!settings.TLS_CERT) return null;
  let certificate = await loadCertificate(settings);
  const { http1, watch, lookEveryMs } = parts;
  const sessions = createSessions(root, createStreamFront(root, createRelay(http1)));
  /** Connections without a handshake yet, by their other end. */
  const beginning = new Map<string, Socket>();
  const secured = new Set<TLSSocket>();

  const server = createTlsServer({ ...OPTIONS, ...certificate });
  server.on('connection', (socket: Socket) => {
    const from = endOf(socket);
    beginning.set(from, socket);
    socket.once('close', () => beginning.delete(from));
  });
  server.on('tlsClientError', (_error, socket) => {
    figures.tlsEnded.add('handshake');
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    // HTTP/2 forbids it (RFC 9113, 9.2.1), and nobody needs it: an attacker could have us compute keys for ever.
    socket.disableRenegotiation();
    beginning.delete(endOf(socket));
    secured.add(socket);
    socket.once('close', () => secured.delete(socket));
    if (socket.alpnProtocol === 'h2') sessions.take(socket);
    else {
      watch(socket);
      http1.emit('connection', socket);
    }
  });
  const port = await takePort(server, settings, 'TLS_PORT');
  const stopWatching = watchCertificate(
    settings,
    certificate,
    (renewed) => {
      server.setSecureContext({ ...OPTIONS, ...renewed });
      certificate = renewed;
    },
    lookEveryMs,
  );
  figures.tls.open = {
    get connections() {
      return secured.size;
    },
    get sessions() {
      return sessions.size;
    },
    get streams() {
      return sessions.streams;
    },
    get expiresAt() {
      return certificate.expiresAt;
    },
  };

  return {
    port,
    async close() {
      stopWatching();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of beginning.values()) socket.destroy();
      sessions.close();
      const cutOff = setTimeout(() => {
        for (const socket of secured) socket.destroy();
      }, FINISH_MS);
      await closed;
      clearTimeout(cutOff);
      sessions.stop();
    },
  };
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
