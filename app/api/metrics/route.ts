import {
  addressOf,
  jsonResponse,
  named,
  refuseOtherMethods,
  toWebResponse,
  webHandler,
} from '@/lib/api/http';
import { handleIngest } from '@/lib/api/ingest';
import { webBody } from '@/lib/api/web-body';
import { listMetrics, metricListParams } from '@/lib/read/catalogue-list';
import { readParameters } from '@/lib/read/query/parameters';
import { readySystem } from '@/lib/system';

export const dynamic = 'force-dynamic';

/** The write side of the contract, where Next.js answers; `server.ts` answers the same way before it gets here. */
export function POST(request: Request): Promise<Response> {
  return named(request, async () => {
    const { body, finish } = webBody(request);
    const answer = await handleIngest({
      headers: Object.fromEntries(request.headers),
      search: new URL(request.url).search,
      address: addressOf(request),
      body,
    });
    const response = toWebResponse(answer);
    if (!(await finish())) response.headers.set('connection', 'close');
    return response;
  });
}

/** The catalogue: metrics in the order of their names, found by words of them, a page at a time. */
export const GET = webHandler(async ({ url }, work) => {
  const params = readParameters(metricListParams, new URL(url).searchParams);
  return jsonResponse(await listMetrics(readySystem().registry, params, work));
});

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
