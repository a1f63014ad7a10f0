import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { json, LOOK, ok, refusals } from './operation';

const time = z.string().meta({ description: 'Seconds since the epoch, or RFC 3339' });
const duration = z.string().meta({ description: 'Seconds, or a duration such as 30s' });
const query = z.string().meta({ description: 'An expression in PromQL' });
const limit = z.string().optional().meta({ description: 'Entries of the answer at most; 0: any number' });
const match = z.array(z.string()).optional().meta({ description: 'Selectors' });
const timeout = duration.optional();
const lookback_delta = duration
  .optional()
  .meta({ description: 'How long a series has its last value; 5 minutes without it' });

const instant = z.object({ query, time: time.optional(), timeout, lookback_delta, limit });
const range = z.object({ query, start: time, end: time, step: duration, timeout, lookback_delta, limit });
const listing = z.object({ 'match[]': match, start: time.optional(), end: time.optional(), limit });

const remarks = { warnings: z.array(z.string()).optional(), infos: z.array(z.string()).optional() };
const success = (data: z.ZodType) => z.object({ status: z.literal('success'), data, ...remarks });
const failure = z.object({
  status: z.literal('error'),
  errorType: z.enum(['bad_data', 'execution', 'timeout', 'canceled', 'internal', 'unavailable']),
  error: z.string(),
});

const texts = z.array(z.string());
const result = z.object({
  resultType: z.enum(['matrix', 'vector', 'scalar', 'string']),
  result: z.array(z.unknown()),
});

function operation(summary: string, parameters: z.ZodObject, data: z.ZodType): ZodOpenApiOperationObject {
  return {
    summary,
    requestParams: { query: parameters },
    responses: {
      ...ok("In the shape of Prometheus' API", success(data)),
      '400': { description: 'A parameter or the query is wrong', content: json(failure) },
      '422': { description: 'The query cannot be answered, or asks for too much', content: json(failure) },
      '503': { description: 'It took too long, or is not possible now', content: json(failure) },
      ...refusals(...LOOK),
    },
  };
}

/** The same asked by GET, and by POST with a form. */
function byBoth(...[summary, parameters, data]: Parameters<typeof operation>): ZodOpenApiPathsObject[string] {
  const get = operation(summary, parameters, data);
  const form = { content: { 'application/x-www-form-urlencoded': { schema: parameters } } };
  return { get, post: { summary, requestBody: form, responses: get.responses } };
}

/** Prometheus' HTTP API. */
export const PROMQL_PATHS: ZodOpenApiPathsObject = {
  '/api/v1/query': byBoth('A PromQL query at one time', instant, result),
  '/api/v1/query_range': byBoth('A PromQL query over a range', range, result),
  '/api/v1/series': byBoth('Series that match', listing, z.array(z.record(z.string(), z.string()))),
  '/api/v1/labels': byBoth('Names of labels', listing, texts),
  '/api/v1/label/{name}/values': {
    get: {
      ...operation('Values of a label', listing, texts),
      requestParams: { path: z.object({ name: z.string() }), query: listing },
    },
  },
  '/api/v1/metadata': {
    get: operation(
      'Types and units of metrics',
      z.object({ metric: z.string().optional(), limit }),
      z.record(z.string(), z.array(z.object({ type: z.string(), help: z.string(), unit: z.string() }))),
    ),
  },
  '/api/v1/status/buildinfo': {
    get: operation('The Prometheus whose API this is like', z.object({}), z.record(z.string(), z.string())),
  },
  '/api/v1/rules': { get: operation('No rules', z.object({}), z.object({ groups: z.array(z.unknown()) })) },
  '/api/v1/alerts': { get: operation('No alerts', z.object({}), z.object({ alerts: z.array(z.unknown()) })) },
  '/api/v1/query_exemplars': byBoth('No exemplars', z.object({}), z.array(z.unknown())),
};
