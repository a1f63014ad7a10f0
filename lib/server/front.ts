import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { errorResponse } from '../api/http';
import { logAnswer } from '../observe/log';
import { requestIdFrom, withRequestId } from '../observe/request-id';
import { drain } from '../runtime/drain';
import { guard } from './guard';
import { answerIngest } from './ingest';
import { answerLive } from './live';
import { forgetBody } from './request-body';
import { sendPlain } from './send';
import { receive } from './target';

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What plain `node:http` answers itself; everything else is for Next.js. */
const HOT_PATHS: Record<string, Answer> = {
  'POST /api/metrics': answerIngest,
  'GET /api/live': async (request, response) => {
    await forgetBody(request, response);
    return answerLive(request, response);
  },
};

export interface Front {
  listener: RequestListener;
  /** Hands over Next.js' own handler once it is prepared; requests for pages wait until then. */
  openPages(answer: Answer): void;
}

export function createFront(hotPaths = HOT_PATHS): Front {
  let openPages!: (answer: Answer) => void;
  const pages = new Promise<Answer>((resolve) => {
    openPages = resolve;
  });
  const answerPage = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const own = await guard(request, response, path);
    if (own) sendPlain(request, response, own);
    else await (await pages)(request, response);
  };
  return {
    openPages,
    listener(request, response) {
      // Its connection would otherwise wait for a next request, which a stopping server does not take.
      if (drain().signal.aborted) response.setHeader('connection', 'close');
      const { method = '', headers } = request;
      const id = requestIdFrom(headers['x-request-id']);
      response.setHeader('x-request-id', id);
      const startedAt = performance.now();
      const answer = async () => {
        let path = '';
        try {
          path = receive(request);
          const hot = hotPaths[`${method} ${path}`];
          await (hot ? hot(request, response) : answerPage(request, response, path));
        } catch (error) {
          if (response.headersSent) response.destroy();
          else sendPlain(request, response, errorResponse(error));
        }
        logAnswer({ method, path, status: response.statusCode, ms: performance.now() - startedAt });
      };
      withRequestId(id, answer, () => goneSignal(response));
    },
  };
}

/** Aborted when the client goes before it has its answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const look = () => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.closed) look();
  else response.once('close', look);
  return gone.signal;
}
