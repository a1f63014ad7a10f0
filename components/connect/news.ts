import { MINUTE } from '@/lib/model/time/duration';
import type { Client } from '@/lib/model/wire/clients';
import { protocolOf } from './wording';

export interface NewsItem {
  client: Client;
  isRefusal: boolean;
}

/** A new sender stays the news for so long, whoever is refused meanwhile. */
const STAYS_MS = MINUTE / 2;

/**
 * The newest of what has happened since `openedAt`: a client heard of for the first time, or refused; null where nothing
 * has. Times are epoch ms of the server.
 */
export function newestOf(clients: readonly Client[], openedAt: number, now: number): NewsItem | null {
  const known = clients.filter((client) => protocolOf(client) !== null);
  const arrived = latest(known, ({ firstAt }) => firstAt, openedAt);
  const refused = latest(known, ({ refusal }) => refusal?.at ?? null, openedAt);
  if (arrived && (!refused || now - arrived.at < STAYS_MS || arrived.at > refused.at))
    return { client: arrived.client, isRefusal: false };
  return refused && { client: refused.client, isRefusal: true };
}

function latest(clients: readonly Client[], timeOf: (client: Client) => number | null, after: number) {
  let found: { client: Client; at: number } | null = null;
  for (const client of clients) {
    const at = timeOf(client);
    if (at !== null && at > (found?.at ?? after)) found = { client, at };
  }
  return found;
}
