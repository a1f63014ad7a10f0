import { answerEach, readQueries } from '@/lib/api/batch';
import { largeJsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import { requireJson } from '@/lib/api/web-body';
import { jsonOfResults } from '@/lib/read/query/encode';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** Several questions in one request: each gets a result or an error, in their order. */
export const POST = webHandler(async (request, work) => {
  requireJson(request);
  const root = rootOfProcess();
  const queries = await readQueries(request, root.limits.bodies);
  const { history } = root.ready();
  return largeJsonResponse(jsonOfResults(await answerEach(queries, history, work)), work);
});

export const { GET, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('POST');
