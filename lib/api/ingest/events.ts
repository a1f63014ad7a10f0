import { z } from 'zod';
import { PulseError } from '../../model/errors';
import { EVENT_LIMITS, LEVELS } from '../../model/events';
import { LIMITS } from '../../model/limits';
import { decodeEventLines, decodeEvents } from '../../write/events/decode';
import { EVENT_ERRORS } from '../../write/events/event-error';
import { SAMPLE_ERRORS } from '../../write/ingest/sample';
import { Timestamp } from '../../write/ingest/schemas';
import { ok, refusals } from '../openapi/operation';
import { headerIn, type RequestHead } from '../request-head';
import type { IngestEndpoint } from './endpoint';
import { jsonEndpoint, readPrecision } from './json';

const text = (most: number) => z.string().max(most).optional();

/** For the OpenAPI document: what is sent is read by hand (`read-event.ts`). */
const SentEvent = z
  .looseObject({
    id: text(EVENT_LIMITS.idLength).meta({ description: 'Sent again with the same id, it is stored once' }),
    timestamp: Timestamp.optional(),
    level: z.enum(LEVELS).optional().meta({ description: 'Default: info' }),
    service: text(EVENT_LIMITS.nameLength).meta({ example: 'checkout' }),
    endpoint: text(EVENT_LIMITS.endpointLength).meta({ example: 'GET /users/123' }),
    message: text(EVENT_LIMITS.messageLength),
    duration: z.number().min(0).optional().meta({ description: 'Milliseconds' }),
    status: z.int().min(0).max(999).optional(),
    host: text(EVENT_LIMITS.nameLength),
    traceId: text(EVENT_LIMITS.traceIdLength),
  })
  .meta({ id: 'SentEvent', description: 'Whatever else it has is kept as further fields' });

const Lines = z.string().meta({ description: 'One event, or array of them, a line, read as it streams in' });

const CODES = Object.keys({ ...EVENT_ERRORS, ...SAMPLE_ERRORS }) as [string, ...string[]];

const EventsAck = z
  .strictObject({
    accepted: z
      .int()
      .min(0)
      .meta({ description: 'Events of this body that are committed now, with their metrics' }),
    duplicates: z.int().min(0).meta({ description: 'Of those, how many were stored before' }),
    rejected: z.int().min(0),
    errors: z
      .array(
        z.strictObject({
          index: z.int().min(0).meta({ description: 'Place of the event in the body, from 0' }),
          path: z.string().meta({ example: 'duration' }),
          code: z.enum(CODES),
          message: z.string(),
        }),
      )
      .max(LIMITS.errorsListed)
      .optional(),
  })
  .meta({ id: 'EventsAck' });

/** `POST /api/events`: what happened, from which metrics are made. */
export const eventsEndpoint: IngestEndpoint = {
  path: '/api/events',
  contentTypes: {
    'application/json': {
      schema: z.union([SentEvent, z.array(SentEvent).max(EVENT_LIMITS.eventsPerJsonBody)]),
      decode(head) {
        const context = contextOf(head);
        return { inPortions: (bytes) => decodeEvents(bytes, context) };
      },
    },
    'application/x-ndjson': {
      schema: Lines,
      decode(head) {
        const context = contextOf(head);
        return { portions: (pieces, bodies) => decodeEventLines(pieces, context, bodies) };
      },
    },
  },
  authorize: jsonEndpoint.authorize,
  answers: jsonEndpoint.answers,
  operation: {
    summary: 'Send events',
    description:
      'Answered after the commit of the events and of the metrics that are made of them: request_count, error_rate, ' +
      'response_time by service and endpoint. An event with an id, or in a body with an Idempotency-Key, is stored and ' +
      'counted once, however often it is sent.',
    requestParams: {
      ...jsonEndpoint.operation.requestParams,
      header: z.object({
        'idempotency-key': text(EVENT_LIMITS.idLength).meta({
          description: 'What the sender calls this body: its events have ids by their place in it',
        }),
      }),
    },
    responses: {
      ...ok('Every good event is committed; bad ones are named', EventsAck),
      ...refusals(
        ...(['bad_json', 'bad_shape', 'bad_body', 'nothing_usable', 'bad_parameter'] as const),
        ...(['unauthorized', 'forbidden', 'misdirected', 'body_too_large', 'too_many_samples'] as const),
        ...(['unsupported_content_type', 'unsupported_encoding', 'rate_limited'] as const),
        ...(['queue_full', 'database_unavailable', 'shutting_down'] as const),
      ),
    },
  },
};

/** @throws PulseError `bad_parameter` */
function contextOf(head: RequestHead) {
  const bodyKey = headerIn(head, 'idempotency-key') ?? null;
  if (bodyKey !== null && (bodyKey === '' || bodyKey.length > EVENT_LIMITS.idLength))
    throw new PulseError('bad_parameter', `Idempotency-Key has 1 to ${EVENT_LIMITS.idLength} characters.`, {
      details: [{ parameter: 'Idempotency-Key' }],
    });
  return { precision: readPrecision(head.search), bodyKey };
}
