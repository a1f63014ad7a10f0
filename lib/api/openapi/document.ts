import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { STREAM_TOPICS } from '../../live/stream-topics';
import { CatalogueAnswer, SeriesAnswer } from '../../model/wire/catalogue';
import { HistoryAnswer, ResultsAnswer } from '../../model/wire/history';
import { HealthAnswer, ReadyAnswer } from '../../model/wire/operate';
import { STREAM_EVENTS } from '../../model/wire/stream';
import { VERSION } from '../../observe/version';
import { metricListParams, seriesListParams } from '../../read/catalogue-list';
import { queryParams } from '../../read/query/query-params';
import { Batch, Sample } from '../../write/ingest/schemas';
import { MAX_QUERIES } from '../batch';
import { INGEST_ENDPOINTS } from '../ingest/endpoints';
import { fleetPaths } from './fleet-paths';
import { ingestPaths } from './ingest-paths';
import { FROM, json, LOOK, ok, refusals } from './operation';

/** By the names that descriptions use. */
const STREAM_EVENT_SCHEMAS = Object.fromEntries(
  Object.values(STREAM_EVENTS).map((schema) => [schema.meta()?.id, schema]),
);

/** The API for machines, from the same schemas that validate. */
export function openApiDocument(endpoints = INGEST_ENDPOINTS): object {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Pulseboard',
      version: VERSION,
      license: { name: 'MIT', identifier: 'MIT' },
      description: 'Real-time metrics: servers post samples, engineers watch them live.',
    },
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'One of INGEST_KEYS, where keys are configured.',
        },
      },
      schemas: { Sample, Batch, ...STREAM_EVENT_SCHEMAS },
    },
    paths: joined(ingestPaths(endpoints), {
      ...READ,
      ...fleetPaths(refusals('bad_parameter', 'too_expensive', ...LOOK, 'too_busy', 'database_unavailable')),
      ...OPERATE,
    }),
  });
}

/** A path may be written to and read. */
function joined(some: ZodOpenApiPathsObject, others: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  const paths = { ...some, ...others };
  for (const path of Object.keys(some)) paths[path] = { ...some[path], ...others[path] };
  return paths;
}

const READ: ZodOpenApiPathsObject = {
  '/api/metrics': {
    get: {
      summary: 'The catalogue of metrics',
      requestParams: { query: metricListParams },
      responses: {
        ...ok('A page of metrics', CatalogueAnswer),
        ...refusals('bad_parameter', 'too_expensive', ...LOOK, 'too_busy', 'database_unavailable'),
      },
    },
  },
  '/api/series': {
    get: {
      summary: 'Series, of one metric or of all',
      requestParams: { query: seriesListParams },
      responses: {
        ...ok('A page of series', SeriesAnswer),
        ...refusals(
          'bad_parameter',
          'too_expensive',
          ...LOOK,
          'unknown_metric',
          'too_busy',
          'database_unavailable',
        ),
      },
    },
  },
  '/api/metrics/{name}': {
    get: {
      summary: 'Points of a metric over a range',
      requestParams: {
        path: z.object({ name: queryParams.shape.metric }),
        query: queryParams.omit({ metric: true }),
      },
      responses: {
        '200': {
          description: 'Points per group; CSV with Accept: text/csv',
          content: { ...json(HistoryAnswer), 'text/csv': { schema: z.string() } },
        },
        ...refusals(
          'bad_parameter',
          'too_many_points',
          'too_expensive',
          ...LOOK,
          'unknown_metric',
          'too_busy',
          'database_unavailable',
        ),
      },
    },
  },
  '/api/query': {
    post: {
      summary: 'Several questions at once',
      requestBody: {
        required: true,
        content: json(z.object({ queries: z.array(queryParams).max(MAX_QUERIES) })),
      },
      responses: {
        ...ok('A result or an error each, in order', ResultsAnswer),
        ...refusals(
          ...(['bad_json', 'bad_shape', 'bad_body', 'bad_parameter', ...LOOK] as const),
          ...(['request_timeout', 'body_too_large', 'unsupported_content_type'] as const),
          ...(['unsupported_encoding', 'too_busy', 'database_unavailable'] as const),
        ),
      },
    },
  },
  '/api/live': {
    get: {
      summary: 'A live stream of points (Server-Sent Events)',
      description:
        'A sequence of idempotent upserts: events `points` (PointsEvent), `status` (StatusEvent) and `reset` (ResetEvent); ' +
        'and `topic` (TopicEvent), when something happens to what a `topic` is about. ' +
        'A point whose values are all null is no longer: it is taken back. With rank=range the order is made anew about ' +
        'every ten seconds; when it changes, every group that is kept comes with its `rank`, from 1, and those that do not ' +
        'are kept no longer. With an offset, points come when they become due, within about a second. ' +
        'On an automatic reconnect Last-Event-ID wins over cursor.',
      requestParams: {
        query: z.object({
          q: z
            .array(z.string())
            .max(64)
            .meta({ description: 'Once per question: its parameters, form-encoded, with metric=' }),
          topic: z
            .array(z.enum(STREAM_TOPICS.map(({ name }) => name)))
            .optional()
            .meta({
              description: 'Once per topic to be told of; without any, there has to be a question',
            }),
          cursor: z.string().optional().meta({ description: 'From the history answer' }),
          tick: z
            .string()
            .optional()
            .meta({ description: 'Shortest time between two writes, 50 to 10000 ms' }),
        }),
        header: z.object({ 'last-event-id': z.string().optional() }),
      },
      responses: {
        '200': { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
        ...refusals('bad_parameter', ...LOOK, 'unknown_metric', 'too_many_streams', 'shutting_down'),
      },
    },
  },
};

const OPERATE: ZodOpenApiPathsObject = {
  '/api/health': {
    get: {
      summary: 'Whether the process lives',
      responses: { ...ok('It does; what it is made of', HealthAnswer), ...refusals('misdirected') },
    },
  },
  '/api/ready': {
    get: {
      summary: 'Whether samples are taken',
      responses: { ...ok('They are', ReadyAnswer), ...refusals('misdirected', 'database_unavailable') },
    },
  },
  '/metrics': {
    get: {
      summary: "The server's own figures",
      description: 'For everyone who does not ask for HTML; browsers get the page of metrics.',
      responses: {
        '200': { description: "Prometheus' text format", content: { 'text/plain': { schema: z.string() } } },
        ...refusals(...LOOK),
      },
    },
  },
  '/api/openapi.json': {
    get: {
      summary: 'This document',
      responses: { ...ok('OpenAPI 3.1', z.record(z.string(), z.unknown())), ...refusals(...FROM) },
    },
  },
};
