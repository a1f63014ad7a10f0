import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may ask for what. Everything is for those who may look; what is not is listed here, exactly as it is asked for,
 * so that what is spelled in another way, and what is new, stays closed.
 */
export type Door =
  /** For everybody. */
  | 'open'
  /** The server's own figures, for those who may look and for scrapers with a key. */
  | 'figures'
  /** For those who may look: to others an error. */
  | 'api'
  /** The same: others are led to the sign-in. */
  | 'page';

const OPEN = new Set([
  '/login',
  '/api/login',
  '/api/logout',
  '/api/health',
  '/api/ready',
  '/api/openapi.json',
  '/icon.svg',
  '/favicon.ico',
]);
/** Scripts and styles, which say of the data no more than the sources do; no path that leads anywhere else. */
const STATIC = /^\/_next\/static(?:\/(?!\.)(?:[\w.~@[\]-]|%5[BD])+)+$/;

export function doorOf(method: string, path: string, headers: IncomingHttpHeaders): Door {
  if (OPEN.has(path) || STATIC.test(path)) return 'open';
  if (isForFigures(method, path, headers)) return 'figures';
  if (!isApi(path)) return 'page';
  // What a path can be asked is for everybody to know.
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
