import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDisconnect } from '../access/limit/held-body';
import type { LargeResponse } from '../api/http';
import { SECURITY_HEADERS } from '../api/security-headers';
import type { ViewerRequest, ViewerRoute } from '../api/viewer-route';
import { work } from '../runtime/work/work';
import type { Root } from '../system/root';
import { sendPlain } from './send';

/**
 * Answers a viewer's question on plain `node:http`, after the guard.
 *
 * @param gone aborted when the viewer has left: then the work ends
 */
export async function answerViewer(
  root: Root,
  route: ViewerRoute,
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const asked = requestOf(request);
  const answer = await work(root.scheduler, (work) => route.answer(asked, work), { signal: gone });
  await sendLarge(request, response, answer, root.drain.signal);
}

function requestOf(request: IncomingMessage): ViewerRequest {
  const { url = '/', headers } = request;
  return {
    url,
    headers: {
      get(name) {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
    // What is left of it when the answer is sent is `sendPlain`'s.
    arriving: () => ({
      body: request.iterator({ destroyOnReturn: false }),
      finish: async () => request.complete,
    }),
  };
}

/** Sends an answer as fast as it is read. Throws what breaks it off, but for a reader that leaves. */
async function sendLarge(
  request: IncomingMessage,
  response: ServerResponse,
  answer: LargeResponse,
  drain: AbortSignal,
): Promise<void> {
  const { status, body } = answer;
  const headers: Record<string, string> = { ...SECURITY_HEADERS, ...answer.headers };
  if (body instanceof Uint8Array) {
    sendPlain(request, response, { status, headers, body }, drain);
    return;
  }
  if (drain.aborted) headers.connection = 'close';
  response.writeHead(status, headers);
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(source, response).catch((error: unknown) => {
    // A reader that leaves is none of ours.
    if (!isDisconnect(error)) throw error;
  });
}
