import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorResponse } from '../api/http';
import { linger } from '../api/linger';
import { requestIdFrom } from '../observe/request-id';

/**
 * Answers where there is no response to answer with, and ends the connection.
 *
 * @param requestId the header `X-Request-Id`, where the request has one
 */
export function refuseUpgrade(socket: Duplex, error: unknown, requestId?: string | string[]): void {
  const { status, headers, body } = errorResponse(error);
  const lines = Object.entries({
    ...headers,
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    'x-request-id': requestIdFrom(requestId),
    connection: status === 426 ? 'upgrade, close' : 'close',
    'content-length': Buffer.byteLength(body),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
  if ('encrypted' in socket) endAfterSender(socket.end(answer));
  else socket.end(answer, () => socket.destroy());
}

/** What is still arriving inside of TLS would reset the connection, and take the answer from whoever sends first. */
function endAfterSender(socket: Duplex): void {
  const end = () => {
    lingering.stop();
    socket.destroy();
  };
  const lingering = linger(end);
  // Nor is the rest for the parser, which has given up.
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => lingering.onBytes(chunk.length));
  socket.once('end', end).once('close', lingering.stop);
}
