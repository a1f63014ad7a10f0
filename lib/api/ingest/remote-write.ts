import { z } from 'zod';
import { PulseError } from '../../model/errors';
import { decodeWriteRequest } from '../../write/ingest/remote-write/v1';
import { decodeWriteRequest2 } from '../../write/ingest/remote-write/v2';
import type { WriteResult } from '../../write/ingest/sample';
import { snappy } from '../../write/ingest/snappy';
import { headerIn, type RequestHead } from '../request-head';
import type { IngestEndpoint } from './endpoint';
import { inWords, partialError, plainText } from './plain-text';
import { statusForRetry } from './retryable';

/** The message of a body, by `proto` of its Content-Type; 1.0 says nothing. */
const VERSION_1 = 'prometheus.WriteRequest';
const VERSION_2 = 'io.prometheus.write.v2.Request';
const MESSAGES: Readonly<Record<string, typeof decodeWriteRequest>> = {
  [VERSION_1]: decodeWriteRequest,
  [VERSION_2]: decodeWriteRequest2,
};

const Message = z.string().meta({
  format: 'binary',
  description: `${VERSION_1}, or with ;proto=${VERSION_2} in the Content-Type that; compressed with snappy (block format)`,
});
const count = (what: string) =>
  z
    .string()
    .optional()
    .meta({ description: `Of 2.0: ${what} that were taken` });

/** `POST /api/v1/write`: Prometheus remote write 1.0 and 2.0. */
export const remoteWriteEndpoint: IngestEndpoint = {
  path: '/api/v1/write',
  contentTypes: {
    'application/x-protobuf': {
      schema: Message,
      decode: (head) => ({ inPortions: MESSAGES[messageOf(head)] }),
      // The first version of the protocol left the header out.
      encodings: { snappy, identity: snappy },
    },
  },
  authorize: (head, senders) => senders.authorizeAny(headerIn(head, 'authorization')),
  answers: {
    committed(result, head) {
      const headers = writtenHeaders(result, head);
      if (result.rejected === 0) return { status: 204, headers, body: '' };
      return plainText(400, partialError(result), headers);
    },
    refused(error) {
      const { status, headers } = statusForRetry(error);
      if (status === 401) headers['www-authenticate'] = 'Bearer';
      return plainText(status, error.message, headers);
    },
  },
  operation: {
    summary: 'Prometheus remote write',
    description:
      'Versions 1.0 and 2.0, told apart by the Content-Type. Answered after the commit. Values that are no numbers ' +
      '(the mark that a series ended among them) are left out.',
    responses: {
      '204': {
        description: 'Every sample is committed',
        headers: z.object({
          'x-prometheus-remote-write-samples-written': count('samples'),
          'x-prometheus-remote-write-histograms-written': count('histograms'),
          'x-prometheus-remote-write-exemplars-written': count('exemplars (none)'),
        }),
      },
      '400': inWords('Something in it can never be taken; what can is committed'),
      '401': inWords('No key was shown'),
      '403': inWords('A wrong key, or a page of another site'),
      '409': inWords('The samples have come through this server: forwarding goes in a circle'),
      '413': inWords('More than MAX_BODY_BYTES, uncompressed'),
      '415': inWords('Another message or compression'),
      '503': inWords('Send the same again, after Retry-After'),
    },
  },
};

/** @throws PulseError `unsupported_content_type` */
function messageOf(head: RequestHead): string {
  const type = headerIn(head, 'content-type') ?? '';
  const proto = /;\s*proto\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? VERSION_1;
  if (Object.hasOwn(MESSAGES, proto)) return proto;
  const names = Object.keys(MESSAGES).join(' or ');
  throw new PulseError('unsupported_content_type', `The message must be ${names}.`);
}

/** A sender of 1.0 that knows 2.0 would read them as a failure. */
function writtenHeaders({ written }: WriteResult, head: RequestHead): Record<string, string> {
  if (messageOf(head) !== VERSION_2) return {};
  return {
    'x-prometheus-remote-write-samples-written': String(written?.samples ?? 0),
    'x-prometheus-remote-write-histograms-written': String(written?.histograms ?? 0),
    'x-prometheus-remote-write-exemplars-written': '0',
  };
}
