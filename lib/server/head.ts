import type { IncomingMessage } from 'node:http';
import type { ViewerHeaders } from '../access/auth/viewer';
import { clientAddress } from '../access/limit/address';
import type { RequestHead } from '../api/request-head';
import { env } from '../env';

/** Where a request of `node:http` is from, believing as many proxies as the settings say. */
export function senderAddress({ headers, socket }: IncomingMessage): string {
  return clientAddress(socket.remoteAddress, headers['x-forwarded-for'], env().TRUST_PROXY);
}

/** @param path of a request that was received (`receive`) */
export function headOf(request: IncomingMessage, path: string): RequestHead {
  const { url = '/', headers } = request;
  return { headers, path, search: url.slice(path.length), address: senderAddress(request) };
}

/** What a request of `node:http` says of who looks. */
export function viewerHeadersOf(request: IncomingMessage): ViewerHeaders {
  const { cookie, authorization } = request.headers;
  return { cookie, authorization, address: senderAddress(request) };
}
