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
  if (drain().signal.aborted) headers.connection = 'close';
  if (!request.complete) {
    headers.connection = 'close';
    // Reading on for a moment: closing at once would reset the connection and the answer with it.
    request.resume();
    setTimeout(() => request.destroy(), LINGER_MS).unref();
  }
  response.writeHead(answer.status, headers);
  response.end(answer.body);
}
