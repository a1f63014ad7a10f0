import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { STREAM_TOPICS } from '../../live/stream-topics';
import { VERSION } from '../../model/version';
import { CatalogueAnswer, SeriesAnswer } from '../../model/wire/catalogue';
import { EventsAnswer } from '../../model/wire/events';
import { HistoryAnswer, ResultsAnswer } from '../../model/wire/history';
import { HealthAnswer, ReadyAnswer, TargetsAnswer } from '../../model/wire/operate';
import { STREAM_EVENTS } from '../../model/wire/stream';
import { metricListParams, seriesListParams } from '../../read/catalogue-list';
import { eventListParams } from '../../read/events';
import { queryParams } from '../../read/query/query-params';
import { Batch, Sample } from '../../write/ingest/schemas';
import { MAX_QUERIES } from '../batch';
import { INGEST_ENDPOINTS } from '../ingest/endpoints';
import { fleetPaths } from './fleet-paths';
import { FRAME_SCHEMAS, FRAMES_PATH } from './frames-path';
import { ingestPaths } from './ingest-paths';
import { FROM, json, LOOK, ok, refusals } from './operation';
import { PROMQL_PATHS } from './promql-paths';

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
      schemas: { Sample, Batch, ...FRAME_SCHEMAS, ...STREAM_EVENT_SCHEMAS },
    },
    paths: joined(ingestPaths(endpoints), {
      ...FRAMES_PATH,
      ...READ,
      ...fleetPaths(refusals('bad_parameter', 'too_expensive', ...LOOK, 'too_busy', 'database_unavailable')),
      ...PROMQL_PATHS,
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
  '/api/events': {
    get: {
      summary: 'Events, the newest first',
      requestParams: { query: eventListParams },
      responses: {
        ...ok('A page of events', EventsAnswer),
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
        ...ok('A result or an error for each question, in order', ResultsAnswer),
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
        'A sequence of idempotent upserts: events `points` (PointsEvent), `status` (StatusEvent), `reset` (ResetEvent) ' +
        'and, for each subscribed `topic`, `topic` (TopicEvent). A point whose values are all null is removed. ' +
        'With rank=range the groups are ranked again about every ten seconds; when the order changes, the event has every ' +
        'group that is kept, with its `rank`, from 1, and a group that is not in it is removed. ' +
        'With an offset, a point is sent when its time comes, within about a second. ' +
        'Last-Event-ID, which a browser sends when it reconnects, wins over cursor.',
      requestParams: {
        query: z.object({
          q: z
            .array(z.string())
            .max(64)
            .meta({ description: 'Once for each question: its parameters, form-encoded, with metric=' }),
          topic: z
            .array(z.enum(STREAM_TOPICS.map(({ name }) => name)))
            .optional()
            .meta({
              description: 'Once for each topic to subscribe to; required when there is no q',
            }),
          cursor: z.string().optional().meta({ description: 'The cursor of the history answer' }),
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
      summary: 'Whether the process is alive',
      responses: { ...ok('It is alive; its version and parts', HealthAnswer), ...refusals('misdirected') },
    },
  },
  '/api/ready': {
    get: {
      summary: 'Whether the server accepts samples',
      responses: { ...ok('It does', ReadyAnswer), ...refusals('misdirected', 'database_unavailable') },
    },
  },
  '/api/targets': {
    get: {
      summary: 'What is scraped, and how that goes',
      responses: { ...ok('All targets', TargetsAnswer), ...refusals(...LOOK, 'database_unavailable') },
    },
  },
  '/metrics': {
    get: {
      summary: "The server's own figures",
      description: 'Clients that accept HTML get the page of metrics instead.',
      responses: {
        '200': { description: "Prometheus' text format", content: { 'text/plain': { schema: z.string() } } },
        ...refusals(...LOOK),
      },
    },
  },
  '/ping': {
    get: {
      summary: "Whether anybody is there, for InfluxDB's clients",
      responses: { '204': { description: 'Somebody is' } },
    },
  },
  '/api/openapi.json': {
    get: {
      summary: 'This document',
      responses: { ...ok('OpenAPI 3.1', z.record(z.string(), z.unknown())), ...refusals(...FROM) },
    },
  },
};
