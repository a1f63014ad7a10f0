import { listMetrics, metricListParams } from '@/lib/catalogue/list';
import { jsonResponse, refuseOtherMethods, toWebResponse, webHandler } from '@/lib/http';
import { handleIngest } from '@/lib/ingest/handle';
import { readParameters } from '@/lib/query/parameters';
import { readySystem } from '@/lib/system';

export const dynamic = 'force-dynamic';

/** The write side of the contract, where Next.js answers; `server.ts` answers the same way before it gets here. */
export async function POST(request: Request): Promise<Response> {
  const answer = await handleIngest({
    headers: Object.fromEntries(request.headers),
    search: new URL(request.url).search,
    address: request.headers.get('x-forwarded-for') ?? '',
    // Node's streams can be iterated; the types of the browser's do not say so.
    body: (request.body ?? new Blob().stream()) as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>,
  });
  return toWebResponse(answer);
}

/** The catalogue: metrics in the order of their names, found by words of them, a page at a time. */
export const GET = webHandler(({ url }) => {
  const params = readParameters(metricListParams, new URL(url).searchParams);
  return jsonResponse(listMetrics(readySystem().registry, params));
});

export const { PUT, PATCH, DELETE } = refuseOtherMethods('GET', 'POST');
