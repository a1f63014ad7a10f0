import { jsonOfResults } from '../read/query/encode';
import type { Work } from '../runtime/work/work';
import { rootOfProcess } from '../system/process';
import { answerEach, readQueries } from './batch';
import { type LargeResponse, largeJsonResponse } from './http';
import type { ViewerRequest } from './viewer-route';
import { requireJson } from './web-body';

/** `POST /api/query`: several questions in one request. Each gets a result or an error, in their order. */
export async function answerQueries(request: ViewerRequest, work: Work): Promise<LargeResponse> {
  requireJson(request);
  const root = rootOfProcess();
  const queries = await readQueries(request, root.limits.bodies);
  const { history } = root.ready();
  return largeJsonResponse(jsonOfResults(await answerEach(queries, history, work)), work);
}
