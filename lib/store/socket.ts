import { isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ParsedOptions } from 'postgres';

/** Where a server listens and how it is spoken to: what the driver makes of a URL, one of its hosts chosen. */
export type Address = ({ path: string } | { host: string; port: number }) & { ssl: ParsedOptions['ssl'] };

/** Stands where a version of the protocol would (PostgreSQL's manual, "Message Formats"). */
const SSL_REQUEST = 80_877_103;
const YES = 'S';

/** The addresses that the driver's options name, in the order they are to be tried. */
export function addressesOf({ path, host, port, ssl }: ParsedOptions): Address[] {
  if (path) return [{ path, ssl }];
  return host.map((name, i) => ({ host: name, port: port[i], ssl }));
}

/** Opens a socket to an address; it may still be connecting. */
export function openSocket(address: Address): Socket {
  const socket = new Socket();
  return 'path' in address ? socket.connect(address.path) : socket.connect(address.port, address.host);
}

/**
 * The socket, or TLS over it where that is asked for: what the protocol is spoken on.
 *
 * @throws Error when the server does not offer TLS, or closes before it has said so.
 */
export async function startTls(socket: Socket, address: Address): Promise<Socket> {
  const { ssl } = address;
  if (!ssl) return socket;
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed the connection.')));
    socket.once('data', (data) => resolve(data.toString('latin1', 0, 1)));
    socket.write(startupMessage(SSL_REQUEST));
  });
  socket.removeAllListeners();
  if (answer !== YES) {
    if (ssl === 'prefer') return socket;
    throw new Error('The server does not offer TLS.');
  }
  const servername = 'host' in address && !isIP(address.host) ? address.host : undefined;
  const trust = typeof ssl === 'object' ? ssl : { rejectUnauthorized: ssl === true || ssl === 'verify-full' };
  return connectTls({ socket, servername, ...trust });
}

/** A message without a type, as they are sent before a session begins: its length, and numbers. */
export function startupMessage(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  bytes.writeUInt32BE(bytes.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 + 4 * i);
  return bytes;
}
