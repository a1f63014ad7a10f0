import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { decodePath, nodeHeaderOf } from '../access/auth/request';
import { type NameSettings, requireOwnSource } from '../access/auth/source';
import { parseAuthority } from '../env/authority';
import { PulseError } from '../model/errors';

const ABSOLUTE = /^https?:\/\/([^/?#]*)(\/[^#]*|\?[^#]*)?/i;

/**
 * The first check of a request, before anything is done for it: its host, and the website that made the browser send
 * it. An address with a host (RFC 9112, 3.2.2) becomes one without, so that the code after this has one form only.
 *
 * @returns the path, as it was sent.
 * @throws PulseError `bad_parameter`, `misdirected`, `forbidden`
 */
export function receive(request: IncomingMessage, settings: NameSettings): string {
  const { headers, rawHeaders } = request;
  if (hasSeveralHosts(rawHeaders))
    throw new PulseError('misdirected', 'The request has more than one Host header.');
  if (request.url?.[0] !== '/') takeAbsolute(request);
  const url = request.url ?? '/';
  if ('encrypted' in request.socket) noteTls(headers, settings);
  return requireOwn(request.method ?? '', url, headers, settings);
}

/**
 * The part of that which looks at the headers only.
 *
 * @param url without a host
 * @throws PulseError `misdirected`, `forbidden`
 */
export function requireOwn(
  method: string,
  url: string,
  headers: IncomingHttpHeaders,
  settings: NameSettings,
): string {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  requireOwnSource({ method, path: decodePath(path), header: nodeHeaderOf(headers) }, settings);
  return path;
}

/** Says of a request that came over TLS that it did; only a proxy before us can know better. */
export function noteTls(headers: IncomingHttpHeaders, { TRUST_PROXY }: NameSettings): void {
  if (TRUST_PROXY === 0 || headers['x-forwarded-proto'] === undefined) headers['x-forwarded-proto'] = 'https';
}

/** Node keeps the first of them; a proxy before us may have used the last. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}

function takeAbsolute(request: IncomingMessage): void {
  const found = ABSOLUTE.exec(request.url ?? '');
  if (!found)
    throw new PulseError('bad_parameter', 'The address of a request begins with / and names what is asked.');
  const [, host, rest = '/'] = found;
  const asked = parseAuthority(host);
  const named = parseAuthority(request.headers.host ?? '');
  if (!asked || asked.name !== named?.name || asked.port !== named.port)
    throw new PulseError(
      'misdirected',
      'The address of the request names another host than its Host header.',
    );
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}
