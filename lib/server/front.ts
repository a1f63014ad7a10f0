import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { errorResponse } from '../api/http';
import type { IngestEndpoint } from '../api/ingest/endpoint';
import { INGEST_ROUTES } from '../api/ingest/endpoints';
import { handleIngest } from '../api/ingest/handle';
import type { ViewerRoute } from '../api/viewer-route';
import { viewerRouteAt } from '../api/viewer-routes';
import { PulseError } from '../model/errors';
import { log, logAnswer } from '../observe/log';
import { currentRequestId, requestIdFrom, withRequestId } from '../observe/request-id';
import type { Root } from '../system/root';
import { guard } from './guard';
import { headOf } from './head';
import { answerLive } from './live';
import { forgetBody } from './request-body';
import { isApi } from './route-access';
import { sendPlain } from './send';
import { receive } from './target';
import { UPGRADE_ENDPOINTS } from './upgrade-endpoints';
import { answerViewer } from './viewer';

const UPGRADE_PATHS = new Set(UPGRADE_ENDPOINTS.map(({ path }) => path));

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Front {
  listener: RequestListener;
  /** Hands over Next.js' own handler once it is prepared; requests for pages wait until then. */
  openPages(answer: Answer): void;
}

/**
 * Ingest, live streams and the questions of dashboards are answered on plain `node:http`, before Next.js sees them:
 * twenty times as many writes per core. Everything else is for Next.js.
 *
 * @param routesOfNext whether route handlers answer under `/api`, as they do where Next.js runs by itself
 */
export function createFront(root: Root, { ingest = INGEST_ROUTES, routesOfNext = false } = {}): Front {
  const { settings } = root;
  const { signal } = root.drain;
  let openPages!: (answer: Answer) => void;
  const pages = new Promise<Answer>((resolve) => {
    openPages = resolve;
  });
  const answerPage = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const own = await guard(root, request, response, path, ingest);
    if (own) sendPlain(request, response, own, signal);
    else {
      const answer = await pages;
      // Only here: on the hot paths, work that others share would keep the answers in memory.
      await withRequestId(
        currentRequestId() ?? '',
        () => answer(request, response),
        () => goneSignal(response),
      );
    }
  };
  const answerQuestion = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    route: ViewerRoute,
  ) => {
    const own = await guard(root, request, response, path, ingest);
    if (own) sendPlain(request, response, own, signal);
    else await answerViewer(root, route, request, response, goneSignal(response));
  };
  const answerReceived = (request: IncomingMessage, response: ServerResponse, path: string) => {
    if (UPGRADE_PATHS.has(path) && request.method !== 'OPTIONS')
      throw new PulseError(
        'upgrade_required',
        'This path speaks another protocol than HTTP; ask for an upgrade to it.',
      );
    if (routesOfNext && isApi(path)) return answerPage(request, response, path);
    const route = viewerRouteAt(request.method ?? '', path);
    if (route) return answerQuestion(request, response, path, route);
    const endpoint = ingest.at(path, request.method);
    if (endpoint) return answerIngest(root, endpoint, request, response, path);
    if (request.method === 'GET' && path === '/api/live') return answerStream(root, request, response);
    return answerPage(request, response, path);
  };
  return {
    openPages,
    listener(request, response) {
      // Its connection would otherwise wait for a next request, which a stopping server does not take.
      if (signal.aborted) response.setHeader('connection', 'close');
      const { method = '', headers } = request;
      const id = requestIdFrom(headers['x-request-id']);
      response.setHeader('x-request-id', id);
      const startedAt = performance.now();
      const answer = async () => {
        let path = '';
        try {
          path = receive(request, settings);
          await answerReceived(request, response, path);
        } catch (error) {
          if (response.headersSent) {
            log().error({ err: error, path }, 'an answer broke off');
            response.destroy();
          } else sendPlain(request, response, errorResponse(error), signal);
        }
        logAnswer({ method, path, status: response.statusCode, ms: performance.now() - startedAt });
      };
      withRequestId(id, answer);
    },
  };
}

async function answerIngest(
  root: Root,
  endpoint: IngestEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const head = headOf(request, path, root.settings);
  sendPlain(request, response, await handleIngest(root, endpoint, head, request), root.drain.signal);
}

async function answerStream(root: Root, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await forgetBody(request, response);
  await answerLive(root, request, response);
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
