import { type Address, dial, encrypt, numbersMessage } from './dial';

/** What a server calls a connection, and the word by which it takes requests to cancel what that does. */
export interface Backend {
  pid: number;
  secret: number;
}

/** Stands where a version of the protocol would (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;

/**
 * Has the server end what one of its connections is doing. The request goes over a connection of its own, so it works
 * however busy all others are. Resolves when the server has passed it on: what that connection does later is safe.
 *
 * @throws Error when the server could not be reached within `limitMs`.
 */
export async function requestCancel(
  address: Address,
  { pid, secret }: Backend,
  limitMs: number,
): Promise<void> {
  const socket = dial(address);
  const timer = setTimeout(
    () => socket.destroy(new Error('The server does not take cancel requests.')),
    limitMs,
  );
  try {
    const wire = await encrypt(socket, address);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      wire.once('error', reject);
      // The server says nothing; it closes when the signal is sent.
      wire.once('close', resolve);
      wire.resume();
      wire.write(numbersMessage(CANCEL_REQUEST, pid, secret));
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
