import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainResponse } from '../api/http';
import { linger } from '../api/linger';

/**
 * Sends a plain answer. When the body was not read to its end the connection is closed after it.
 *
 * @param drain aborted when the server stops: then it is the last on its connection
 */
export function sendPlain(
  request: IncomingMessage,
  response: ServerResponse,
  answer: PlainResponse,
  drain: AbortSignal,
): void {
  if (response.destroyed) return;
  const headers: Record<string, string | number> = { ...answer.headers };
  if (answer.status !== 204) headers['content-length'] = Buffer.byteLength(answer.body);
  const isCutOff = !request.complete;
  if (isCutOff || drain.aborted) headers.connection = 'close';
  response.writeHead(answer.status, headers);
  if (isCutOff) {
    response.write(answer.body);
    endAfterRequest(request, response);
  } else response.end(answer.body);
}

/** Ends the answer, and with it the connection, once the sender has finished, or sends nothing for a while. */
function endAfterRequest(request: IncomingMessage, response: ServerResponse): void {
  const end = () => {
    lingering.stop();
    response.end();
  };
  const lingering = linger(end);
  request.once('close', end);
  request.once('end', end);
  request.on('data', (chunk: Buffer) => lingering.onBytes(chunk.length));
  request.resume();
}
