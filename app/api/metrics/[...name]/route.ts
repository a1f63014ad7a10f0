import { csvOfAnswer, requestsCsv } from '@/lib/api/csv';
import { csvResponse, largeJsonResponse, refuseOtherMethods, webHandler } from '@/lib/api/http';
import { jsonOfAnswer } from '@/lib/read/query/encode';
import { metricInPath } from '@/lib/read/query/path';
import { parseQuery } from '@/lib/read/query/query-params';
import { rootOfProcess } from '@/lib/system/process';

export const dynamic = 'force-dynamic';

/** Points of a metric over a range, as JSON or as CSV. */
export const GET = webHandler(async ({ url, headers }, work) => {
  const { pathname, searchParams } = new URL(url);
  const format = searchParams.get('format');
  searchParams.delete('format');
  searchParams.set('metric', metricInPath(pathname));

  const params = parseQuery(searchParams);
  const answer = await rootOfProcess().ready().history.answer(params, { work });

  const vary = { vary: 'accept' };
  if (!requestsCsv(format, headers.get('accept'))) return largeJsonResponse(jsonOfAnswer(answer), work, vary);
  return csvResponse(csvOfAnswer(answer, params.by), work, answer.metric, vary);
});

export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
