import { largeJsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import { webIngest } from '@/lib/api/ingest/web';
import { eventListParams, jsonOfEvents, listEvents } from '@/lib/read/events';
import { readParameters } from '@/lib/read/query/parameters';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** The ingest endpoint, where Next.js answers. */
export const POST = webIngest();

/** A page of events, the newest first. */
export const GET = webHandler(async ({ url }, work) => {
  const params = readParameters(eventListParams, new URL(url).searchParams);
  const page = await listEvents(rootOfProcess().ready().eventLog, params, Date.now());
  return largeJsonResponse(jsonOfEvents(page), work);
});

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
