import type { QueryResult } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { postQueries } from '../live/post-queries';

const QUERIES_PER_REQUEST = 50;

interface Waiting {
  query: Query;
  resolve(result: QueryResult): void;
}

let waiting: Waiting[] = [];

/** Asks one query from the browser; the queries of one turn of the event loop share a request. Never rejects. */
export function askPanel(query: Query): Promise<QueryResult> {
  return new Promise((resolve) => {
    if (waiting.length === 0) setTimeout(askAll, 0);
    waiting.push({ query, resolve });
  });
}

function askAll(): void {
  const all = waiting;
  waiting = [];
  for (let from = 0; from < all.length; from += QUERIES_PER_REQUEST) {
    void askTogether(all.slice(from, from + QUERIES_PER_REQUEST));
  }
}

async function askTogether(batch: readonly Waiting[]): Promise<void> {
  try {
    const results = await postQueries(
      (...request) => fetch(...request),
      '/api/query',
      batch.map(({ query }) => query),
    );
    for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    for (const { resolve } of batch) resolve({ error: { code: 'internal', message, details: [] } });
  }
}
