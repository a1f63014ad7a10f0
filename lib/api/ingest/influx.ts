import { z } from 'zod';
import { decodeAllLines, decodeLines } from '../../write/ingest/line-protocol/decode';
import { LINE_PRECISIONS, type LineUnit, readUnit } from '../../write/ingest/line-protocol/time';
import type { SampleError, WriteResult } from '../../write/ingest/sample';
import { jsonResponse, type PlainResponse } from '../http';
import { headerIn, type RequestHead } from '../request-head';
import type { ContentType, IngestAnswers, IngestEndpoint } from './endpoint';
import { statusForRetry } from './retryable';

const Lines = z.string().meta({
  description: 'A point a line: measurement,tag=value field=1,other=2i timestamp',
  example: 'cpu,host=web-1 usage=41.5,cores=4i 1795200000000000000',
});
const Query = z.object({
  precision: z.enum(LINE_PRECISIONS).optional().meta({ description: 'The unit of timestamps' }),
});

/** Both versions that have a place for it elsewhere than in the header, which tools of the first use. */
const authorize: IngestEndpoint['authorize'] = (head, senders) =>
  senders.authorizeAny(headerIn(head, 'authorization'), parametersOf(head).get('p') ?? undefined);

/** How a version answers: what it calls an error. */
interface Version {
  path: string;
  summary: string;
  /** Where the sender does not say. */
  unit: LineUnit;
  body(status: number, message: string, errors: readonly SampleError[]): unknown;
}

const VERSIONS: readonly Version[] = [
  {
    path: '/write',
    summary: 'InfluxDB line protocol, version 1',
    unit: 'ns',
    body: (_status, message) => ({ error: message }),
  },
  {
    path: '/api/v2/write',
    summary: 'InfluxDB line protocol, version 2',
    unit: 'ns',
    body: (status, message) => ({ code: CODES[status] ?? 'invalid', message }),
  },
  {
    path: '/api/v3/write_lp',
    summary: 'InfluxDB line protocol, version 3',
    unit: 'auto',
    body: (_status, message, errors) => ({ error: message, data: errors.map(lineError) }),
  },
];

/** What version 2 calls a status. */
const CODES: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  413: 'request too large',
  503: 'unavailable',
};

export const influxEndpoints: readonly IngestEndpoint[] = VERSIONS.map((version) => ({
  path: version.path,
  contentTypes: { '*': contentType(version) },
  authorize,
  answers: answers(version),
  operation: {
    summary: version.summary,
    description:
      'Numbers and booleans of fields are stored as the metric measurement_field (measurement alone for a field ' +
      'called value), tags as labels. Answered after the commit; of long bodies parts are committed meanwhile.',
    requestParams: { query: Query },
    responses: {
      '204': { description: 'Every point is committed' },
      '400': { description: 'Some lines are wrong; the others are committed' },
      '401': { description: 'No key was shown' },
      '403': { description: 'A wrong key, or a page of another site' },
      '503': { description: 'Send the same again, after Retry-After' },
    },
  },
}));

function contentType({ unit: usual }: Version): ContentType {
  return {
    schema: Lines,
    decode(head) {
      const parameters = parametersOf(head);
      const precision = parameters.get('precision');
      const unit = precision ? readUnit(precision) : usual;
      if (parameters.get('accept_partial') === 'false')
        return { whole: (bytes) => decodeAllLines(bytes, unit) };
      return { portions: (pieces, bodies) => decodeLines(pieces, unit, bodies) };
    },
  };
}

function answers({ body }: Version): IngestAnswers {
  const refuse = (
    status: number,
    message: string,
    errors: readonly SampleError[],
    headers: Record<string, string> = {},
  ): PlainResponse =>
    jsonResponse(body(status, message, errors), status, {
      'x-influxdb-error': headerText(message),
      ...headers,
    });
  return {
    committed(result) {
      if (result.rejected === 0) return { status: 204, headers: {}, body: '' };
      return refuse(400, partialWrite(result), result.errors);
    },
    refused(error) {
      const { status, headers } = statusForRetry(error);
      const errors = error.code === 'nothing_usable' ? (error.details as SampleError[]) : [];
      return refuse(status, error.message, errors, headers);
    },
  };
}

function partialWrite({ rejected, errors }: WriteResult): string {
  return `partial write: ${errors[0].message} dropped=${rejected}`;
}

function lineError({ index, message }: SampleError) {
  return { line_number: index + 1, error_message: message, original_line: '' };
}

function parametersOf({ search }: RequestHead): URLSearchParams {
  return new URLSearchParams(search);
}

function headerText(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
}
