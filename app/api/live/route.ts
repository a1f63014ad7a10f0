import { errorResponse, named, refuseOtherMethods, toWebResponse, viewerHeaders } from '@/lib/api/http';
import { openViewerStream } from '@/lib/api/viewer-stream';
import { createWebSink } from '@/lib/api/web-sink';
import { SSE_HEADERS } from '@/lib/live/streams/sse';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** The live stream, where Next.js answers; `server.ts` answers the same way before it gets here. */
export function GET(request: Request): Promise<Response> {
  return named(request, () => answer(request));
}

async function answer(request: Request): Promise<Response> {
  const { body, sink, onCancel } = createWebSink();
  try {
    const stream = await openViewerStream(
      rootOfProcess(),
      {
        search: new URL(request.url).searchParams,
        lastEventId: request.headers.get('last-event-id'),
        sink,
      },
      viewerHeaders(request),
      request.signal,
    );
    // On a disconnect both happen; closing twice does nothing.
    onCancel(() => stream.close());
    request.signal.addEventListener('abort', () => stream.close());
  } catch (error) {
    return toWebResponse(errorResponse(error));
  }
  return new Response(body, { headers: SSE_HEADERS });
}

/** Without this, Next.js would open a stream for it that nobody reads. */
export function HEAD(request: Request): Promise<Response> {
  return named(request, () => {
    try {
      rootOfProcess().auth.viewers.authorize(viewerHeaders(request));
      return new Response(null, { headers: SSE_HEADERS });
    } catch (error) {
      return toWebResponse(errorResponse(error));
    }
  });
}

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
