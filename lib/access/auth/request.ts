import type { IncomingHttpHeaders } from 'node:http';
import type { Env } from '../../env';
import { browserHost, browserProtocol, type OriginHeaders, type Source } from './source';

/** What a request says of where it was made. */
export function originHeaders(request: Request, settings: Pick<Env, 'TRUST_PROXY'>): OriginHeaders {
  const header = headerOf(request);
  return {
    origin: header('origin'),
    host: browserHost(header, settings),
    secFetchSite: header('sec-fetch-site'),
  };
}

/** Whether the browser used TLS, to us or to the proxy before us. A false value only costs its sender a cookie. */
export function isSecure(request: Request): boolean {
  return browserProtocol(headerOf(request)) === 'https:';
}

/** The source of a request of Next.js. */
export function sourceOf(request: Request): Source {
  return {
    method: request.method,
    path: decodePath(new URL(request.url).pathname),
    header: headerOf(request),
  };
}

/** Reads headers of Next.js. */
function headerOf({ headers }: { headers: Pick<Headers, 'get'> }): Source['header'] {
  return (name) => headers.get(name) ?? undefined;
}

/** Reads headers of `node:http`. */
export function nodeHeaderOf(headers: IncomingHttpHeaders): Source['header'] {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

/** As it is where it is not well encoded. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURI(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
