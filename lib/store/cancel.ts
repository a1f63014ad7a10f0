import { type Address, openSocket, startTls, startupMessage } from './socket';

/** A connection's process id on the server, and the secret key that a cancel request needs. */
export interface Backend {
  pid: number;
  secret: number;
}

/** Stands where a version of the protocol would (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;

/**
 * Cancels the current statement of a connection. The request has a connection of its own, so it works however busy the
 * others are. Resolves when the server has sent the signal: later statements of that connection are not affected.
 *
 * @throws Error when the server could not be reached within `limitMs`.
 */
export async function requestCancel(
  address: Address,
  { pid, secret }: Backend,
  limitMs: number,
): Promise<void> {
  const socket = openSocket(address);
  const timer = setTimeout(
    () => socket.destroy(new Error('The server does not take cancel requests.')),
    limitMs,
  );
  try {
    const channel = await startTls(socket, address);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      channel.once('error', reject);
      // The server says nothing; it closes when the signal is sent.
      channel.once('close', resolve);
      channel.resume();
      channel.write(startupMessage(CANCEL_REQUEST, pid, secret));
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
