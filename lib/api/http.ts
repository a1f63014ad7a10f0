import { sourceOf } from '../access/auth/request';
import { requireOwnSource } from '../access/auth/source';
import type { ViewerHeaders } from '../access/auth/viewers';
import { isPulseError, PulseError } from '../model/errors';
import { errorAnswer } from '../model/wire/error';
import { log, logAnswer } from '../observe/log';
import { currentRequestId, requestIdFrom, withRequestId } from '../observe/request-id';
import { encodeInPieces } from '../runtime/work/encode';
import { type Work, work } from '../runtime/work/work';
import { rootOfProcess } from '../system/process';

const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** What a client may ask for instead (RFC 6455, 4.4). */
const UPGRADE_HEADERS = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };

/** A response in plain values, so that `node:http` and a route handler can both send it. */
export interface PlainResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

/** A large response, sent as fast as its reader takes it. */
export interface LargeResponse extends Omit<PlainResponse, 'body'> {
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
}

export function jsonResponse(
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): PlainResponse {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value) };
}

/** JSON in pieces that take some milliseconds each. */
export async function largeJsonResponse(
  texts: Iterable<string>,
  work: Work,
  headers: Record<string, string> = {},
): Promise<LargeResponse> {
  return { status: 200, headers: { ...JSON_HEADERS, ...headers }, body: await largeBody(texts, work) };
}

/** CSV, line by line, that a browser saves as a file of that name. */
export async function csvResponse(
  lines: Iterable<string>,
  work: Work,
  name: string,
  headers: Record<string, string> = {},
): Promise<LargeResponse> {
  const file = `${name.replace(/[^\w.-]/g, '_')}.csv`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${file}"`,
      'cache-control': 'no-store',
      ...headers,
    },
    body: await largeBody(lines, work),
  };
}

async function largeBody(texts: Iterable<string>, work: Work): Promise<LargeResponse['body']> {
  const chunks = await encodeInPieces(texts, work);
  if (chunks.length === 1) return new Uint8Array(chunks[0]);
  return rootOfProcess().limits.unsent.create(chunks, work.signal);
}

/** The response to any thrown value. What is not a `PulseError` is logged, and answered without details. */
export function errorResponse(thrown: unknown): PlainResponse {
  const error = toPulseError(thrown);
  return jsonResponse(errorAnswer(error), error.status, errorHeaders(error));
}

/** The headers of an error response, whatever the shape of its body. */
export function errorHeaders(error: PulseError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1_000));
  // The rest of its body would be read as the next request.
  if (error.status === 413 || error.status === 408) headers.connection = 'close';
  if (error.status === 426) Object.assign(headers, UPGRADE_HEADERS);
  return headers;
}

/** The error that a client may see; what is not a `PulseError` is logged. */
export function toPulseError(thrown: unknown): PulseError {
  if (isPulseError(thrown)) return thrown;
  log().error({ err: thrown }, 'unexpected error');
  return new PulseError('internal', 'Something went wrong on the server; its log has the details.');
}

/** The sender's address, as the front writes it before Next.js has the request (`keepForNext`). */
export function addressOf({ headers }: HasHeaders): string {
  return headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
}

/** A plain answer as what a route handler returns. */
export function toWebResponse({ status, headers, body }: PlainResponse | LargeResponse): Response {
  // A sender that keeps its connection busy would keep a stopping `next start` alive for ever.
  const connection = rootOfProcess().drain.signal.aborted ? { connection: 'close' } : undefined;
  return new Response(status === 204 ? null : body, { status, headers: { ...headers, ...connection } });
}

/** A route handler from a function that answers in plain values or throws. For viewers. */
export function webHandler(answer: (request: Request, work: Work) => Answered) {
  return openHandler((request) => {
    const { auth, scheduler } = rootOfProcess();
    auth.viewers.authorize(viewerHeaders(request));
    return work(scheduler, (work) => answer(request, work), { signal: request.signal });
  });
}

/** The parts of a request that identify a viewer. */
export function viewerHeaders(request: HasHeaders): ViewerHeaders {
  return {
    cookie: request.headers.get('cookie') ?? undefined,
    authorization: request.headers.get('authorization') ?? undefined,
    address: addressOf(request),
  };
}

type HasHeaders = { headers: Pick<Headers, 'get'> };

type Answered = Promise<PlainResponse | LargeResponse> | PlainResponse;

/** The same for everyone. */
export function openHandler(answer: (request: Request) => Answered) {
  return (request: Request): Promise<Response> =>
    named(request, async () => {
      try {
        const response = toWebResponse(await answer(request));
        return request.method === 'HEAD' ? await withoutBody(response) : response;
      } catch (error) {
        return toWebResponse(errorResponse(error));
      }
    });
}

/** Answers paths under `/api` that do not exist. */
export const notFound = openHandler(({ url }) => {
  const message = `There is nothing at ${new URL(url).pathname}; GET /api/openapi.json lists what there is.`;
  throw new PulseError('not_found', message);
});

/** Next.js does not read the body of a response to HEAD, and a stream in it would wait for ever. */
async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, response);
}

/** Does what a front does first, for requests that passed none: gives the request its id, and checks its source. */
export async function named(request: Request, answer: () => Promise<Response> | Response): Promise<Response> {
  if (currentRequestId() !== undefined) return answer();
  const { method, url, headers } = request;
  const id = requestIdFrom(headers.get('x-request-id'));
  return withRequestId(id, async () => {
    const startedAt = performance.now();
    const response = refuseForeign(request) ?? (await answer());
    response.headers.set('x-request-id', id);
    const { status } = response;
    logAnswer({ method, path: new URL(url).pathname, status, ms: performance.now() - startedAt });
    return response;
  });
}

/** The answer to a request that `requireOwnSource` refuses; null for all others. */
export function refuseForeign(request: Request): Response | null {
  try {
    requireOwnSource(sourceOf(request), rootOfProcess().settings);
    return null;
  } catch (error) {
    return toWebResponse(errorResponse(error));
  }
}

export function methodNotAllowed(method: string, allow: string): PlainResponse {
  const message = `${method} is not possible here; ${allow} is.`;
  const answer = errorResponse(new PulseError('method_not_allowed', message));
  return { ...answer, headers: { ...answer.headers, allow } };
}

/**
 * Route handlers for the methods that a path does not have, and for OPTIONS: the answer of Next.js itself has no body,
 * and would name methods that are refused here.
 */
export function refuseOtherMethods(...allowed: string[]) {
  const refuse = openHandler(({ method }) => methodNotAllowed(method, allowed.join(', ')));
  const methods = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method));
  const OPTIONS = openHandler(() => ({
    status: 204,
    headers: { allow: [...methods, 'OPTIONS'].join(', ') },
    body: '',
  }));
  return { GET: refuse, POST: refuse, PUT: refuse, PATCH: refuse, DELETE: refuse, OPTIONS };
}
