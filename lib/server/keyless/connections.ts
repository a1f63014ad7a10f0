import { createServer, type Socket } from 'node:net';
import { MINUTE } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import { log } from '../../observe/log';
import { listenAt } from '../listen';
import { piecesOf, type ReadEnd } from './pieces';

/** TCP connections that a port has at once; further ones are closed. */
const MOST_CONNECTIONS = 1_000;
/** A connection that sends nothing for so long is closed: its sender connects again when it has something to say. */
const IDLE_MS = 10 * MINUTE;

export interface LinePort {
  host: string;
  port: number;
  name: 'STATSD_PORT' | 'GRAPHITE_PORT';
  figures: Pick<Figures, 'keylessConnections' | 'keylessEnded'>;
  /** Takes what one connection sends. When it throws, the connection is closed. */
  take(pieces: AsyncIterable<Uint8Array>, address: string): Promise<void>;
}

/**
 * Listens for connections that send lines and are not answered.
 *
 * @returns the off-switch: takes no more connections, and resolves when all that has arrived was taken
 * @throws Error with a sentence for people when it cannot listen
 */
export async function listenForLines(options: LinePort): Promise<() => Promise<void>> {
  const { host, port, name, figures, take } = options;
  const stop = new AbortController();
  const serving = new Set<Promise<void>>();

  const serve = async (socket: Socket) => {
    figures.keylessConnections.value++;
    let end = 'closed' as ReadEnd;
    const pieces = async function* () {
      end = yield* piecesOf(socket, IDLE_MS, stop.signal);
    };
    try {
      await take(pieces(), socket.remoteAddress ?? '');
      if (end === 'silent') figures.keylessEnded.add('silent');
    } catch (error) {
      log().warn({ err: error, port }, 'a connection was closed');
    } finally {
      figures.keylessConnections.value--;
      socket.destroy();
    }
  };
  const server = createServer({ keepAlive: true }, (socket) => {
    // It has gone: reading it says so.
    socket.on('error', () => undefined);
    const served = serve(socket).finally(() => serving.delete(served));
    serving.add(served);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => figures.keylessEnded.add('too_many'));
  await listenAt(server, host, port, name);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    stop.abort();
    await Promise.all(serving);
    await closed;
  };
}
