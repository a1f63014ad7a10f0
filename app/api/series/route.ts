import { jsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import { listSeries, seriesListParams } from '@/lib/read/catalogue-list';
import { readParameters } from '@/lib/read/query/parameters';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** The series of a metric that match a selector, a page at a time. */
export const GET = webHandler(async ({ url }, work) => {
  const params = readParameters(seriesListParams, new URL(url).searchParams);
  return jsonResponse(await listSeries(rootOfProcess().ready().registry, params, work));
});

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
