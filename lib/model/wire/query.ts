import type { ErrorAnswer } from './error';
import type { QueryResult } from './history';

/** The read parameters of the API, in the order of a query's canonical text. What each means: `queryParams`. */
const QUERY_PARAMETERS = [
  'metric',
  'start',
  'end',
  'step',
  'maxPoints',
  'aggregate',
  'by',
  'match',
  'top',
  'bottom',
  'rank',
  'fill',
  'offset',
  'timezone',
  'expression',
  'b.metric',
  'b.aggregate',
  'b.match',
  'b.offset',
] as const;
export type QueryParameter = (typeof QUERY_PARAMETERS)[number];

/**
 * A question in text: parameters as they stand in a URL, in a body of `POST /api/query`, in a `q` of the live stream.
 */
export type Query = { metric: string } & { [Parameter in QueryParameter]?: string };

/**
 * The query as the text of one `q=` of the live stream: form-encoded, parameters in a fixed order, so equal
 * queries are equal texts. Only what a form must escape is escaped: 64 of these share one URL, and servers
 * commonly refuse request headers of more than 16 KiB.
 */
export function queryText(query: Query): string {
  return QUERY_PARAMETERS.flatMap((name) => (query[name] ? `${name}=${escapeForm(query[name])}` : [])).join(
    '&',
  );
}

function escapeForm(value: string): string {
  return value.replace(/[%&+#]/g, encodeURIComponent).replaceAll(' ', '+');
}

export function isErrorAnswer(result: QueryResult): result is ErrorAnswer {
  return 'error' in result;
}
