import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientAddress } from '../access/limit/address';
import { handleIngest } from '../api/ingest';
import { env } from '../env';
import { sendPlain } from './send';

/** `POST /api/metrics` on plain `node:http`, before Next.js sees it: twenty times as many requests per core. */
export async function answerIngest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '/', headers, socket } = request;
  const query = url.indexOf('?');
  const answer = await handleIngest({
    headers,
    search: query === -1 ? '' : url.slice(query),
    address: clientAddress(socket.remoteAddress, headers['x-forwarded-for'], env().TRUST_PROXY),
    body: request,
  });
  sendPlain(request, response, answer);
}
