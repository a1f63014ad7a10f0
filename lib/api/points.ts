import { jsonOfAnswer } from '../read/query/encode';
import { metricInPath } from '../read/query/path';
import { parseQuery } from '../read/query/query-params';
import type { Work } from '../runtime/work/work';
import { rootOfProcess } from '../system/process';
import { csvOfAnswer, requestsCsv } from './csv';
import { csvResponse, type LargeResponse, largeJsonResponse } from './http';
import type { ViewerRequest } from './viewer-route';

/** `GET /api/metrics/<name>`: points of a metric over a range, as JSON or as CSV. */
export async function answerPoints({ url, headers }: ViewerRequest, work: Work): Promise<LargeResponse> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const format = searchParams.get('format');
  searchParams.delete('format');
  searchParams.set('metric', metricInPath(pathname));

  const params = parseQuery(searchParams);
  const answer = await rootOfProcess().ready().history.answer(params, { work });

  const vary = { vary: 'accept' };
  if (!requestsCsv(format, headers.get('accept'))) return largeJsonResponse(jsonOfAnswer(answer), work, vary);
  return csvResponse(csvOfAnswer(answer, params.by), work, answer.metric, vary);
}
