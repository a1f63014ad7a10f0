import type { IncomingMessage } from 'node:http';
import type { ViewerHeaders } from '../access/auth/viewers';
import { clientAddress } from '../access/limit/address';
import type { RequestHead } from '../api/request-head';
import type { Env } from '../env';

/** How many proxies in front of the server are trusted. */
type Trust = Pick<Env, 'TRUST_PROXY'>;

/** The source of a request of `node:http`, trusting as many proxies as the settings say. */
export function senderAddress({ headers, socket }: IncomingMessage, { TRUST_PROXY }: Trust): string {
  return clientAddress(socket.remoteAddress, headers['x-forwarded-for'], TRUST_PROXY);
}

/** @param path of a request that was received (`receive`) */
export function headOf(request: IncomingMessage, path: string, settings: Trust): RequestHead {
  const { url = '/', headers } = request;
  return { headers, path, search: url.slice(path.length), address: senderAddress(request, settings) };
}

/** The viewer's headers of a request of `node:http`. */
export function viewerHeadersOf(request: IncomingMessage, settings: Trust): ViewerHeaders {
  const { cookie, authorization } = request.headers;
  return { cookie, authorization, address: senderAddress(request, settings) };
}
