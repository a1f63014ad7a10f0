import { z } from 'zod';
import { decodeJsonExport } from '../../write/ingest/otlp/json';
import { decodeExport } from '../../write/ingest/otlp/protobuf';
import { encodePartialSuccess, encodeStatus } from '../../write/ingest/otlp/response';
import type { WriteResult } from '../../write/ingest/sample';
import { jsonResponse, type PlainResponse } from '../http';
import { headerIn, type RequestHead } from '../request-head';
import type { IngestEndpoint } from './endpoint';
import { statusForRetry } from './retryable';

const PROTOBUF = 'application/x-protobuf';

const Export = z.string().meta({
  format: 'binary',
  description: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
});
const JsonExport = z
  .looseObject({ resourceMetrics: z.array(z.looseObject({})).optional() })
  .meta({ description: 'The same message in the JSON of OTLP' });
const JsonSuccess = z.object({
  partialSuccess: z.object({ rejectedDataPoints: z.string(), errorMessage: z.string() }).optional(),
});
const JsonStatus = z.object({ code: z.int(), message: z.string() });

const answer = (description: string, schema: z.ZodType, message: string) => ({
  description,
  content: {
    'application/json': { schema },
    [PROTOBUF]: { schema: z.string().meta({ format: 'binary', description: message }) },
  },
});
const refusal = (description: string) => answer(description, JsonStatus, 'google.rpc.Status');

/** What gRPC calls a status: `google.rpc.Status` has its codes. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 8,
  415: 12,
  503: 14,
};
const UNKNOWN_CODE = 2;

/** `POST /v1/metrics`: OpenTelemetry's protocol over HTTP, as protobuf or as JSON. */
export const otlpEndpoint: IngestEndpoint = {
  path: '/v1/metrics',
  contentTypes: {
    [PROTOBUF]: { schema: Export, decode: () => ({ inPortions: decodeExport }) },
    'application/json': { schema: JsonExport, decode: () => ({ inPortions: decodeJsonExport }) },
  },
  authorize: (head, senders) => senders.authorizeAny(headerIn(head, 'authorization')),
  answers: {
    committed(result, head) {
      const rejected = result.itemsRejected ?? 0;
      const message = rejected === 0 ? '' : partialError(result);
      if (isProtobuf(head)) return protobuf(200, encodePartialSuccess(rejected, message));
      const partialSuccess = { rejectedDataPoints: String(rejected), errorMessage: message };
      return jsonResponse(rejected === 0 ? {} : { partialSuccess });
    },
    refused(error, head) {
      const { status, headers } = statusForRetry(error);
      const code = CODES[status] ?? UNKNOWN_CODE;
      if (status === 401) headers['www-authenticate'] = 'Bearer';
      if (isProtobuf(head)) return protobuf(status, encodeStatus(code, error.message), headers);
      return jsonResponse({ code, message: error.message }, status, headers);
    },
  },
  operation: {
    summary: 'OpenTelemetry metrics (OTLP)',
    description:
      'Gauges, sums, histograms, exponential histograms and summaries. Answered after the commit, in the encoding of ' +
      'the request. Exemplars, and values that are no numbers, are left out.',
    responses: {
      '200': answer('Every good data point is committed', JsonSuccess, 'ExportMetricsServiceResponse'),
      '400': refusal('It cannot be read, or none of its data points can be taken'),
      '401': refusal('No key was shown'),
      '403': refusal('A wrong key, or a page of another site'),
      '413': refusal('More than MAX_BODY_BYTES, uncompressed'),
      '415': refusal('Another type or compression'),
      '503': refusal('Send the same again, after Retry-After'),
    },
  },
};

function isProtobuf(head: RequestHead): boolean {
  return /^\s*application\/x-protobuf\s*(;|$)/i.test(headerIn(head, 'content-type') ?? '');
}

function partialError({ errors }: WriteResult): string {
  const [{ index, path, message }] = errors;
  const where = path === '' ? '' : ` (${path})`;
  return `The first, data point ${index + 1}${where}: ${message}.`;
}

function protobuf(
  status: number,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): PlainResponse {
  return {
    status,
    headers: {
      'content-type': PROTOBUF,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body,
  };
}
