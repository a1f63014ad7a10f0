import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorizeScraper } from '../access/auth/scraper';
import type { ViewerHeaders, Viewers } from '../access/auth/viewers';
import { tooLarge } from '../access/limit/held-body';
import { MAX_QUERIES_BYTES } from '../api/batch';
import { methodNotAllowed, type PlainResponse } from '../api/http';
import type { IngestRoutes } from '../api/ingest/routes';
import { MAX_FORM_BYTES } from '../api/login';
import { promqlError } from '../api/promql/answer';
import { labelOfPath } from '../api/promql/label-path';
import { MAX_PROMQL_FORM_BYTES } from '../api/promql/parameters';
import { isPulseError, PulseError } from '../model/errors';
import type { Root } from '../system/root';
import { viewerHeadersOf } from './head';
import { keepForNext } from './next-headers';
import { forgetBody } from './request-body';
import { accessOf, FIGURES_ROUTE, isApi, type RouteAccess } from './route-access';
import { startingPage } from './starting-page';

/** Methods that route handlers of Next.js can have. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Addresses of Next.js that are not served: resized images, which no page has, and pages of its errors. */
const NEXTS_OWN = /^\/(_next\/image|_(?!_?next))/;

/** The one address of Prometheus' API in which people's names stand. */
const LABEL_VALUES = /^\/api\/v1\/label\/[^/]*\/values$/;

/** Routes that read a body, and the most they read; ingest endpoints have bounds of their own for each kind. */
const BODY_BYTES: Partial<Record<string, number>> = {
  'POST /api/query': MAX_QUERIES_BYTES,
  'POST /api/login': MAX_FORM_BYTES,
  'POST /api/v1/query': MAX_PROMQL_FORM_BYTES,
  'POST /api/v1/query_range': MAX_PROMQL_FORM_BYTES,
  'POST /api/v1/query_exemplars': MAX_PROMQL_FORM_BYTES,
  'POST /api/v1/series': MAX_PROMQL_FORM_BYTES,
  'POST /api/v1/labels': MAX_PROMQL_FORM_BYTES,
};

/**
 * Filters requests before Next.js, under `server.ts` and under `next start`: refuses what the sender may not ask, and
 * removes from the rest what Next.js must not trust.
 *
 * @param path as sent, of a request that was received (`receive`)
 * @param ingest where samples may be sent to
 * @returns the answer; null when the request may go on to Next.js
 * @throws PulseError where the answer is an error
 */
export async function guard(
  root: Root,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  ingest: IngestRoutes,
): Promise<PlainResponse | null> {
  const { method = '', headers } = request;
  const misnamed = LABEL_VALUES.test(path) ? refuseMisnamed(path) : null;
  if (misnamed) return misnamed;
  requirePossible(method, path);
  if (!isApi(path)) {
    const methods = ['GET', 'HEAD', ...ingest.methodsAt(path)].join(', ');
    if (method === 'OPTIONS') return { status: 204, headers: { allow: `${methods}, OPTIONS` }, body: '' };
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, methods);
  } else if (ingest.at(path, method)) {
    // For senders: the endpoint asks for the key and bounds the body.
    keepForNext(request, root.settings);
    return null;
  }
  const access = accessOf(method, path, headers);
  const refusal = authorize(root, request, path, access);
  if (refusal) return refusal;
  const mostBytes = BODY_BYTES[`${method} ${path}`];
  if (mostBytes === undefined) await forgetBody(request, response);
  else if (Number(headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  if (access === 'figures') request.url = FIGURES_ROUTE;
  keepForNext(request, root.settings);
  return null;
}

/** A label that is badly encoded is refused in Prometheus' words, which its clients read; null for any other. */
function refuseMisnamed(path: string): PlainResponse | null {
  try {
    labelOfPath(path);
    return null;
  } catch (error) {
    return promqlError(error);
  }
}

function requirePossible(method: string, path: string): void {
  if (!METHODS.has(method))
    throw new PulseError('not_implemented', `${method} is nothing that can be asked here.`);
  // Next.js answers what it cannot decode as if it were its own fault.
  if (!isDecodable(path)) throw new PulseError('bad_parameter', 'The address is not well encoded.');
  if (NEXTS_OWN.test(path)) throw new PulseError('not_found', 'There is nothing at this address.');
}

/** Authorizes the sender. Null for one that may go on; throws or answers otherwise. */
function authorize(
  root: Root,
  request: IncomingMessage,
  path: string,
  access: RouteAccess,
): PlainResponse | null {
  const { auth, settings, startup } = root;
  const { viewers, attempts } = auth;
  const viewer = viewerHeadersOf(request, settings);
  if (access === 'figures') authorizeScraper(auth, viewer);
  if (access === 'api') viewers.authorize(viewer);
  if (access === 'page')
    return mayLook(viewers, viewer) ? startingPage(startup) : toLogin(request.url ?? '/');
  // Before anything of the form is read.
  if (request.method === 'POST' && path === '/api/login') attempts.requireLeft(viewer.address, Date.now());
  return null;
}

function mayLook(viewers: Viewers, viewer: ViewerHeaders): boolean {
  try {
    return viewers.viewerOf(viewer) !== null;
  } catch (error) {
    if (isPulseError(error)) return false;
    throw error;
  }
}

function toLogin(url: string): PlainResponse {
  // `_rsc` is how the router of an open page keeps caches from mixing up what they hold.
  const next = url.replace(/(?<=[?&])_rsc=[^&]*&?/g, '').replace(/[?&]$/, '');
  const location = `/login?${new URLSearchParams({ next })}`;
  return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' };
}

function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURI(path);
    return true;
  } catch {
    return false;
  }
}
