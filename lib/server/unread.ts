import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { Reclaim } from '../runtime/reclaim';

const LOOK_EVERY_MS = 5 * SECOND;
/** A reader that takes nothing for so long is gone, or is an attacker. */
export const UNREAD_MS = 30 * SECOND;

/** A connection, and since when it has taken nothing. */
interface Watched {
  taken: number;
  since: number;
}

export interface Unread {
  /** Looks after a connection that is no socket of its own to Node.js, such as what comes out of TLS. */
  watch(socket: Socket): void;
  stop(): void;
}

/**
 * Ends connections whose readers do not read: Node.js would hold what it has written for them for ever. Of every
 * server of this process, those of Next.js included.
 */
export function endUnread(
  reclaim: Reclaim,
  {
    now = () => performance.now(),
    lookEveryMs = LOOK_EVERY_MS,
  }: {
    now?: () => number;
    lookEveryMs?: number;
  } = {},
): Unread {
  const watched = new Map<Socket, Watched>();
  const watch = (socket: Socket) => {
    watched.set(socket, { taken: 0, since: now() });
    socket.once('close', () => watched.delete(socket));
  };
  const take = (message: unknown) => watch((message as { socket: Socket }).socket);
  subscribe('net.server.socket', take);
  const timer = setInterval(() => {
    for (const [socket, state] of watched) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== state.taken) {
        state.taken = taken;
        state.since = now();
      } else if (now() - state.since >= UNREAD_MS) {
        log().debug({ bytes: socket.writableLength }, 'a connection that is not read was ended');
        reclaim.noteLetGo(socket.writableLength);
        socket.destroy();
      }
    }
  }, lookEveryMs);
  timer.unref();
  return {
    watch,
    stop() {
      unsubscribe('net.server.socket', take);
      clearInterval(timer);
    },
  };
}
