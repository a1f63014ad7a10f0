import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireAttemptsLeft } from '../access/auth/attempts';
import { authorizeScraper } from '../access/auth/scraper';
import { authorizeViewer, type ViewerHeaders, viewerOf } from '../access/auth/viewer';
import { tooLarge } from '../access/limit/held-body';
import { MAX_QUERIES_BYTES } from '../api/batch';
import { methodNotAllowed, type PlainResponse } from '../api/http';
import type { IngestRoutes } from '../api/ingest/routes';
import { MAX_FORM_BYTES } from '../api/login';
import { isPulseError, PulseError } from '../model/errors';
import { type Door, doorOf, FIGURES_ROUTE, isApi } from './doors';
import { viewerHeadersOf } from './head';
import { keepForNext } from './next-headers';
import { forgetBody } from './request-body';
import { startingPage } from './starting-page';

/** What a route handler of Next.js can be asked. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What Next.js has beside our pages and shows nobody: smaller images, which no page has, and pages of its errors. */
const NEXTS_OWN = /^\/(_next\/image|_(?!_?next))/;

/** Routes that read a body, and the most they read; ingest endpoints have bounds of their own for each kind. */
const BODY_BYTES: Partial<Record<string, number>> = {
  'POST /api/query': MAX_QUERIES_BYTES,
  'POST /api/login': MAX_FORM_BYTES,
};

/**
 * What stands before Next.js, whoever runs it: answers itself what its sender may not ask, and makes of the rest
 * what Next.js may believe.
 *
 * @param path as sent, of a request that was received (`receive`)
 * @param ingest where samples may be posted to
 * @returns the answer; null when the request may go on to Next.js
 * @throws PulseError where the answer is an error
 */
export async function guard(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  ingest: IngestRoutes,
): Promise<PlainResponse | null> {
  const { method = '', headers } = request;
  requirePossible(method, path);
  if (!isApi(path)) {
    const methods = ingest.at(path) ? 'GET, HEAD, POST' : 'GET, HEAD';
    if (method === 'OPTIONS') return { status: 204, headers: { allow: `${methods}, OPTIONS` }, body: '' };
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, methods);
  } else if (method === 'POST' && ingest.at(path)) {
    // For senders: the endpoint asks for the key and bounds the body.
    keepForNext(request);
    return null;
  }
  const door = doorOf(method, path, headers);
  const refusal = ask(request, path, door);
  if (refusal) return refusal;
  const mostBytes = BODY_BYTES[`${method} ${path}`];
  if (mostBytes === undefined) await forgetBody(request, response);
  else if (Number(headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  if (door === 'figures') request.url = FIGURES_ROUTE;
  keepForNext(request);
  return null;
}

function requirePossible(method: string, path: string): void {
  if (!METHODS.has(method))
    throw new PulseError('not_implemented', `${method} is nothing that can be asked here.`);
  // Next.js answers what it cannot decode as if it were its own fault.
  if (!isDecodable(path)) throw new PulseError('bad_parameter', 'The address is not well encoded.');
  if (NEXTS_OWN.test(path)) throw new PulseError('not_found', 'There is nothing at this address.');
}

/** Asks who it is. Null for whoever may go on; throws or answers otherwise. */
function ask(request: IncomingMessage, path: string, door: Door): PlainResponse | null {
  const viewer = viewerHeadersOf(request);
  if (door === 'figures') authorizeScraper(viewer);
  if (door === 'api') authorizeViewer(viewer);
  if (door === 'page') return mayLook(viewer) ? startingPage() : toLogin(request.url ?? '/');
  // Before anything of the form is read.
  if (request.method === 'POST' && path === '/api/login') requireAttemptsLeft(viewer.address, Date.now());
  return null;
}

function mayLook(viewer: ViewerHeaders): boolean {
  try {
    return viewerOf(viewer) !== null;
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
