import { jsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import { webIngest } from '@/lib/api/ingest/web';
import { listMetrics, metricListParams } from '@/lib/read/catalogue-list';
import { readParameters } from '@/lib/read/query/parameters';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** The ingest endpoint, where Next.js answers. */
export const POST = webIngest();

/** A page of the catalogue: metrics in the order of their names, searched by words of their names. */
export const GET = webHandler(async ({ url }, work) => {
  const params = readParameters(metricListParams, new URL(url).searchParams);
  return jsonResponse(await listMetrics(rootOfProcess().ready().registry, params, work));
});

export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET', 'POST');
