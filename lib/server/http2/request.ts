import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { PulseError } from '../../model/errors';

/** A request of HTTP/2, with a `host` as HTTP/1.1 has one. */
export interface StreamRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name, pseudo-headers included. */
  readonly headers: IncomingHttpHeaders;
  /** Where the connection is from. */
  readonly remoteAddress: string;
}

/** A stream with what was asked on it. */
export interface Exchange {
  readonly stream: ServerHttp2Stream;
  readonly request: StreamRequest;
}

/**
 * @param rawHeaders names and values in turn, as they came
 * @throws PulseError `misdirected` when it names several hosts, `not_implemented` for a tunnel
 */
export function readRequest(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  remoteAddress: string,
): StreamRequest {
  const { ':method': method = '', ':path': url, ':authority': authority } = headers;
  if (method === 'CONNECT' || url === undefined)
    throw new PulseError('not_implemented', 'CONNECT is nothing that can be asked here.');
  if (headers.host === undefined) headers.host = authority;
  else requireOneHost(rawHeaders, headers.host);
  return { method, url, headers, remoteAddress };
}

/** `host` may stand beside `:authority`, and must be the same (RFC 9113, 8.3.1): a proxy may have looked at either. */
function requireOneHost(rawHeaders: readonly string[], host: string): void {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if ((name === 'host' || name === ':authority') && rawHeaders[i + 1] !== host)
      throw new PulseError('misdirected', 'The request names more than one host.');
  }
}
