import { z } from 'zod';
import { PulseError } from '../../model/errors';
import { decodeJsonBody } from '../../write/ingest/json';
import { decodeNdjson } from '../../write/ingest/ndjson';
import { IngestAnswer, IngestBody } from '../../write/ingest/schemas';
import { PRECISIONS, type Precision } from '../../write/ingest/timestamp';
import { errorResponse, jsonResponse } from '../http';
import { ok, refusals } from '../openapi/operation';
import { headerIn } from '../request-head';
import type { IngestEndpoint } from './endpoint';

const Lines = z.string().meta({ description: 'One sample, array or batch a line, read as it streams in' });
const NAMES_OF_PRECISIONS = Object.keys(PRECISIONS) as [Precision, ...Precision[]];

/** `POST /api/metrics`: Pulseboard's own protocol. */
export const jsonEndpoint: IngestEndpoint = {
  path: '/api/metrics',
  contentTypes: {
    'application/json': {
      schema: IngestBody,
      decode({ search }) {
        const precision = readPrecision(search);
        return { whole: (bytes) => decodeJsonBody(bytes, precision) };
      },
    },
    'application/x-ndjson': {
      schema: Lines,
      decode({ search }) {
        const precision = readPrecision(search);
        return { portions: (pieces, bodies) => decodeNdjson(pieces, precision, bodies) };
      },
    },
  },
  authorize: (head, senders) => senders.authorizeBearer(headerIn(head, 'authorization')),
  answers: {
    committed({ accepted, duplicates, rejected, errors }) {
      const counts = { accepted, duplicates, rejected };
      return jsonResponse(rejected === 0 ? counts : { ...counts, errors });
    },
    refused(error) {
      const response = errorResponse(error);
      if (response.status === 401) response.headers['www-authenticate'] = 'Bearer';
      return response;
    },
  },
  operation: {
    summary: 'Send samples',
    description:
      'Answered after the commit: a 200 survives the loss of every process. Sending a sample again is harmless. ' +
      'The body may be compressed (Content-Encoding: gzip, br).',
    requestParams: {
      query: z.object({
        precision: z.enum(NAMES_OF_PRECISIONS).optional().meta({
          description:
            'The unit of whole numbers as timestamps; ms by default. Fractions of a millisecond are cut off',
        }),
      }),
    },
    responses: {
      ...ok('Every good sample is committed; bad ones are named', IngestAnswer),
      ...refusals(
        ...(['bad_json', 'bad_shape', 'bad_body', 'nothing_usable', 'bad_parameter'] as const),
        ...(['unauthorized', 'forbidden', 'misdirected', 'body_too_large', 'too_many_samples'] as const),
        ...(['unsupported_content_type', 'unsupported_encoding', 'rate_limited'] as const),
        ...(['queue_full', 'database_unavailable', 'shutting_down'] as const),
      ),
    },
  },
};

/** `?precision=`. @throws PulseError `bad_parameter` */
export function readPrecision(search: string): Precision {
  const given = search === '' ? null : new URLSearchParams(search).get('precision');
  if (given === null) return 'ms';
  if (Object.hasOwn(PRECISIONS, given)) return given as Precision;
  throw new PulseError('bad_parameter', `precision must be one of ${NAMES_OF_PRECISIONS.join(', ')}.`, {
    details: [{ parameter: 'precision' }],
  });
}
