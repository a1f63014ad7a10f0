import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may request what. Everything is for viewers; what is not is listed here, spelled exactly as it is requested,
 * so that other spellings, and new paths, stay closed.
 */
export type RouteAccess =
  /** For everybody. */
  | 'open'
  /** The server's own figures, for viewers and for scrapers with a key. */
  | 'figures'
  /** For viewers: others get an error. */
  | 'api'
  /** For viewers: others are sent to the login page. */
  | 'page';

const OPEN = new Set([
  '/login',
  '/api/login',
  '/api/logout',
  '/api/health',
  '/api/ready',
  '/api/openapi.json',
  '/ping',
  '/icon.svg',
  '/favicon.ico',
]);
/** Scripts and styles, which hold no data; no path that leads anywhere else. */
const STATIC = /^\/_next\/static(?:\/(?!\.)(?:[\w.~@[\]-]|%5[BD])+)+$/;

export function accessOf(method: string, path: string, headers: IncomingHttpHeaders): RouteAccess {
  if (OPEN.has(path) || STATIC.test(path)) return 'open';
  if (isForFigures(method, path, headers)) return 'figures';
  if (!isApi(path)) return 'page';
  // The methods of a path are no secret.
  return method === 'OPTIONS' ? 'open' : 'api';
}

/** Whether a path, or an address with a query, is one of the API's. */
export function isApi(path: string): boolean {
  return /^\/api([/?]|$)/.test(path);
}

/**
 * `/metrics` is a page for people, and the server's own figures in Prometheus' text for everyone else. People's
 * browsers ask for HTML; the router of a page that is open asks for a page's parts, and says so with `rsc: 1`.
 */
function isForFigures(method: string, path: string, { accept, rsc }: IncomingHttpHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (path === FIGURES_ROUTE) return true;
  return path === '/metrics' && rsc !== '1' && !accept?.toLowerCase().includes('text/html');
}

/** Where the figures are made. */
export const FIGURES_ROUTE = '/api/prometheus';
