import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { clientAddress } from '../../access/limit/address';
import { errorResponse } from '../../api/http';
import type { IngestEndpoint } from '../../api/ingest/endpoint';
import { INGEST_ROUTES } from '../../api/ingest/endpoints';
import { handleIngest } from '../../api/ingest/handle';
import { openViewerStream } from '../../api/viewer-stream';
import { SSE_HEADERS } from '../../live/streams/sse';
import { logAnswer } from '../../observe/log';
import { requestIdFrom, withRequestId } from '../../observe/request-id';
import type { Root } from '../../system/root';
import { createSink } from '../sink';
import { noteTls, requireOwn } from '../target';
import type { Relay } from './relay';
import { type Exchange, readRequest } from './request';
import { respond } from './respond';
import type { Session } from './session';

/** Answers what is asked on a stream. */
export type AnswerStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  session: Session,
) => void;

/** What is answered here; all else is relayed. */
type Answer = (root: Root, exchange: Exchange, id: string, path: string) => Promise<void>;

/**
 * Ingest and live streams are answered on the streams of HTTP/2 themselves; everything else is relayed to the HTTP/1.1
 * side, and looked at there.
 */
export function createStreamFront(root: Root, relay: Relay, ingest = INGEST_ROUTES): AnswerStream {
  const { settings } = root;

  function ownAnswer({ stream, request }: Exchange): Answer | null {
    const { method, url } = request;
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    const endpoint = ingest.at(path, method);
    if (endpoint) return (...asked) => answerIngest(endpoint, ...asked);
    // A body is where none belongs: the other side has a bound for that.
    return method === 'GET' && path === '/api/live' && stream.endAfterHeaders ? answerLive : null;
  }

  async function answerHere(answer: Answer, exchange: Exchange, id: string): Promise<void> {
    const { stream, request } = exchange;
    const { method, url, headers } = request;
    const startedAt = performance.now();
    let path = '';
    try {
      noteTls(headers, settings);
      path = requireOwn(method, url, headers, settings);
      await answer(root, exchange, id, path);
    } catch (error) {
      respond(stream, errorResponse(error), id);
    }
    const status = Number(stream.sentHeaders?.[':status'] ?? 0);
    logAnswer({ method, path, status, ms: performance.now() - startedAt });
  }

  return (stream, headers, rawHeaders, session) => {
    const id = requestIdFrom(headers['x-request-id']);
    try {
      const request = readRequest(headers, rawHeaders, session.remoteAddress);
      // What is asked for in vain is refused without its body, which would have to be waited for otherwise.
      if (headers.expect === '100-continue') stream.additionalHeaders({ ':status': 100 });
      const exchange = { stream, request };
      const answer = ownAnswer(exchange);
      if (answer) void withRequestId(id, () => answerHere(answer, exchange, id));
      else relay(exchange);
    } catch (error) {
      respond(stream, errorResponse(error), id);
    }
  };
}

async function answerIngest(
  endpoint: IngestEndpoint,
  root: Root,
  { stream, request }: Exchange,
  id: string,
  path: string,
): Promise<void> {
  const { url, headers } = request;
  const head = { headers, path, search: url.slice(path.length), address: addressOf(request, root) };
  respond(stream, await handleIngest(root, endpoint, head, stream), id);
}

async function answerLive(root: Root, { stream, request }: Exchange, id: string): Promise<void> {
  const { url, headers } = request;
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  const { cookie, authorization } = headers;
  const opened = await openViewerStream(
    root,
    {
      search: new URL(url, 'http://localhost').searchParams,
      lastEventId: String(headers['last-event-id'] ?? '') || null,
      sink: createSink(stream, () => stream.respond({ ':status': 200, 'x-request-id': id, ...SSE_HEADERS })),
    },
    { cookie, authorization, address: addressOf(request, root) },
    gone.signal,
  );
  stream.once('close', () => opened.close());
  if (stream.destroyed) opened.close();
}

function addressOf({ headers, remoteAddress }: Exchange['request'], { settings }: Root): string {
  return clientAddress(remoteAddress, headers['x-forwarded-for'], settings.TRUST_PROXY);
}
