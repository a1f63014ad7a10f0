import { connect, type Socket } from 'node:net';
import type { Wire, WireEvents } from './transport';

/** All connections read into the same memory: what came is looked at before the next one reads. */
const READ_BYTES = 65_536;
const memory = Buffer.allocUnsafe(READ_BYTES);

/** Opens a connection to this machine and hands over what comes, which is good until the call returns. */
export function openSocket(
  port: number,
  events: WireEvents,
  onBytes: (bytes: Buffer) => void,
): Promise<Socket> {
  const callback = (count: number, bytes: Uint8Array) => {
    onBytes((bytes as Buffer).subarray(0, count));
    return true;
  };
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: memory, callback },
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', (error: NodeJS.ErrnoException) => events.fail(error.code ?? error.message));
      socket.on('close', () => events.fail('the server closed the connection'));
      resolve(socket);
    });
  });
}

/** A socket that messages are written to as they are. */
export function wireOf(socket: Socket): Wire {
  return {
    isBusy: () => socket.writableLength > 0,
    write: (message) => socket.write(message),
    traffic: () => ({ sent: socket.bytesWritten, received: socket.bytesRead }),
    close: () => socket.destroy(),
  };
}
