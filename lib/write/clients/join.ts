import { type Client, MOST_CLIENTS } from '../../model/wire/clients';
import { heardAt } from './of-protocol';

/** One list of those of several nodes: what has one name over one protocol is one client. Those heard of last first. */
export function joinClients(lists: ReadonlyArray<readonly Client[]>): Client[] {
  const joined = new Map<string, Client>();
  for (const client of lists.flat()) {
    const { protocol, product, version, isRest } = client;
    const name = isRest ? `${protocol} rest` : `${protocol}/${product ?? ''}/${version ?? ''}`;
    const other = joined.get(name);
    joined.set(name, other ? join(other, client) : client);
  }
  const sorted = [...joined.values()].sort((a, b) => heardAt(b) - heardAt(a));
  return newestOfEach(sorted);
}

/** Many nodes may tell many names: a page is told those of one. */
function newestOfEach(clients: readonly Client[]): Client[] {
  const counts = new Map<string, number>();
  return clients.filter(({ protocol, isRest }) => {
    if (isRest) return true;
    const count = (counts.get(protocol) ?? 0) + 1;
    counts.set(protocol, count);
    return count <= MOST_CLIENTS;
  });
}

function join(a: Client, b: Client): Client {
  const refusals = [a.refusal, b.refusal].filter((each) => each !== null);
  return {
    ...a,
    samples: a.samples + b.samples,
    firstAt: pick(Math.min, a.firstAt, b.firstAt),
    lastAt: pick(Math.max, a.lastAt, b.lastAt),
    refused: a.refused + b.refused,
    refusal: refusals.sort((one, other) => other.at - one.at)[0] ?? null,
  };
}

function pick(choose: (...times: number[]) => number, ...times: Array<number | null>): number | null {
  const known = times.filter((each) => each !== null);
  return known.length > 0 ? choose(...known) : null;
}
