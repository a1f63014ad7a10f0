import type { QueryResult } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';

/** `POST /api/query`. Rejects when the server cannot be reached or answers with an error. */
export async function postQueries(
  fetchLike: typeof fetch,
  url: string,
  queries: readonly Query[],
): Promise<QueryResult[]> {
  const response = await fetchLike(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ queries }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status} when asked for history.`);
  const { results } = (await response.json()) as { results: QueryResult[] };
  return results;
}
