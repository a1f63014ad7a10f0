import { isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ParsedOptions } from 'postgres';

/** Where a server listens: what the driver makes of a URL, one of its hosts chosen. */
export type Address = { path: string } | { host: string; port: number };

/** What a server calls a connection, and the word by which it takes requests to cancel what that does. */
export interface Backend {
  pid: number;
  secret: number;
}

/** Numbers that stand where a version of the protocol would (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const YES = 'S';

/** Opens a socket to an address; it may still be connecting. */
export function dial(address: Address): Socket {
  const socket = new Socket();
  return 'path' in address ? socket.connect(address.path) : socket.connect(address.port, address.host);
}

/**
 * Has the server end what one of its connections is doing. The request goes over a connection of its own, so it works
 * however busy all others are. Resolves when the server has passed it on: what that connection does later is safe.
 *
 * @throws Error when the server could not be reached within `limitMs`.
 */
export async function requestCancel(
  address: Address,
  ssl: ParsedOptions['ssl'],
  { pid, secret }: Backend,
  limitMs: number,
): Promise<void> {
  const socket = dial(address);
  const timer = setTimeout(
    () => socket.destroy(new Error('The server does not take cancel requests.')),
    limitMs,
  );
  try {
    const wire = ssl ? await encrypted(socket, address, ssl) : socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      wire.once('error', reject);
      // The server says nothing; it closes when the signal is sent.
      wire.once('close', resolve);
      wire.resume();
      wire.write(message(CANCEL_REQUEST, pid, secret));
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function encrypted(
  socket: Socket,
  address: Address,
  ssl: ParsedOptions['ssl'],
): Promise<Pick<Socket, 'once' | 'write' | 'resume'>> {
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed the connection.')));
    socket.once('data', (data) => resolve(data.toString('latin1', 0, 1)));
    socket.write(message(SSL_REQUEST));
  });
  if (answer !== YES) {
    if (ssl === 'prefer') return socket;
    throw new Error('The server does not offer TLS.');
  }
  socket.removeAllListeners();
  const servername = 'host' in address && !isIP(address.host) ? address.host : undefined;
  const trust = typeof ssl === 'object' ? ssl : { rejectUnauthorized: ssl === true || ssl === 'verify-full' };
  return connectTls({ socket, servername, ...trust });
}

function message(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  bytes.writeUInt32BE(bytes.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 + 4 * i);
  return bytes;
}
