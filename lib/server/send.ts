import type { IncomingMessage, ServerResponse } from 'node:http';
import { drain } from '../drain';
import type { PlainResponse } from '../http';

/** How long a refused sender may go on sending before its connection is closed under it. */
const LINGER_MS = 1_000;

/** Sends a plain answer. When the body was not read to its end the connection is closed after it. */
export function sendPlain(request: IncomingMessage, response: ServerResponse, answer: PlainResponse): void {
  if (response.destroyed) return;
  const headers: Record<string, string | number> = {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
  };
  const isCutOff = !request.complete;
  if (isCutOff || drain().signal.aborted) headers.connection = 'close';
  response.writeHead(answer.status, headers);
  if (isCutOff) {
    response.write(answer.body);
    endAfterRequest(request, response);
  } else response.end(answer.body);
}

/**
 * Ends the answer once the sender has come to its end, or has had a moment to notice. With the end the connection is
 * closed, and closing it while something is still arriving would reset it, and take the answer from the sender.
 */
function endAfterRequest(request: IncomingMessage, response: ServerResponse): void {
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS).unref();
  request.once('close', end);
  request.once('end', end);
  request.resume();
}
