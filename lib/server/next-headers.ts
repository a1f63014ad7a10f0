import type { IncomingMessage } from 'node:http';
import type { Env } from '../env';
import { senderAddress } from './head';
import { isApi } from './route-access';

/** Headers that only Next.js itself may set: the route of a request, its rewrites, what to skip. */
const INTERNAL =
  /^(x-middleware-|x-invoke-|x-next-|x-nextjs-(?!request-id$|html-request-id$)|x-matched-path$|x-now-route-matches$|x-prerender-|x-nonce$|next-action$|next-resume$|rsc-|x-vercel-)/;
/** What the router of an open page asks with: for pages only, and always with `rsc: 1`. */
const ROUTER = /^(rsc$|next-router-|next-url$|next-hmr-|next-instant-)/;

/**
 * Removes headers that only Next.js itself may set, and sets those about which it would trust the sender: the address,
 * and the name and scheme of the URL. In place, since Next.js reads the request itself.
 */
export function keepForNext(request: IncomingMessage, settings: Pick<Env, 'TRUST_PROXY'>): void {
  const { url = '/', headers } = request;
  const isRouter = headers.rsc === '1' && !isApi(url);
  for (const name of Object.keys(headers)) {
    if (INTERNAL.test(name) || (!isRouter && ROUTER.test(name))) delete headers[name];
  }
  headers['x-forwarded-for'] = senderAddress(request, settings);
  delete headers.forwarded;
  delete headers['x-forwarded-port'];
  if (settings.TRUST_PROXY === 0) delete headers['x-forwarded-host'];
  const protocol = headers['x-forwarded-proto'];
  if (protocol !== undefined)
    headers['x-forwarded-proto'] = String(protocol).startsWith('https') ? 'https' : 'http';
}
