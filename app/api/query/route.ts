import { jsonResponse, refuseOtherMethods, webHandler } from '@/lib/http';
import { answerEach, readQueries } from '@/lib/query/batch';
import { readySystem } from '@/lib/system';

export const dynamic = 'force-dynamic';

/** Several questions in one request: each gets a result or an error, in their order. */
export const POST = webHandler(async (request) => {
  const queries = await readQueries(request);
  const { history } = readySystem();
  return jsonResponse({ results: await answerEach(queries, history) });
});

export const { GET, PUT, PATCH, DELETE } = refuseOtherMethods('POST');
