import { z } from 'zod';
import { PulseError } from '../../model/errors';
import type { ExpositionFormat } from '../../write/ingest/exposition/exposition';
import { readGrouping } from '../../write/ingest/exposition/grouping';
import { decodePush } from '../../write/ingest/exposition/push';
import { headerIn, type RequestHead } from '../request-head';
import type { ContentType, IngestEndpoint } from './endpoint';
import { inWords, partialError, plainText } from './plain-text';
import { statusForRetry } from './retryable';

const ABOVE = '/metrics/';

/** How each method is answered when it has succeeded. */
const METHODS = {
  POST: { status: 200, summary: "Push metrics, as to Prometheus' Pushgateway" },
  PUT: { status: 200, summary: "Push metrics in place of a group's, which here is the same as POST" },
  DELETE: { status: 202, summary: 'End a group, of which all that is stored stays' },
} as const;
type Method = keyof typeof METHODS;

const Exposition = (description: string) =>
  z.string().meta({ description, example: 'backup_bytes{kind="full"} 123456789\n' });

function endpoint(method: Method, path: string): IngestEndpoint {
  const { status, summary } = METHODS[method];
  return {
    path,
    contentTypes: method === 'DELETE' ? { '*': NOTHING } : EXPOSITIONS,
    authorize: (head, senders) => senders.authorizeAny(headerIn(head, 'authorization')),
    answers: {
      committed: (result) =>
        plainText(result.rejected > 0 ? 400 : status, result.rejected > 0 ? partialError(result) : ''),
      refused(error) {
        const { status: refusal, headers } = statusForRetry(error);
        if (refusal === 401) headers['www-authenticate'] = 'Bearer';
        return plainText(refusal, error.message, headers);
      },
    },
    operation: {
      summary,
      description:
        'The path goes on with the labels of the group: <job>/<label>/<value>… Answered after the commit.',
      responses: {
        [status]: { description: 'Every sample is committed' },
        '400': inWords('It cannot be read, or something in it can never be taken; what can is committed'),
        '401': inWords('No key was shown'),
        '403': inWords('A wrong key, or a page of another site'),
        '413': inWords('More than MAX_BODY_BYTES, uncompressed'),
        '415': inWords('Protobuf, or another compression'),
        '503': inWords('Send the same again, after Retry-After'),
      },
    },
  };
}

/** Clients in other languages than Go send no type, or any. */
const EXPOSITIONS: IngestEndpoint['contentTypes'] = {
  '*': exposition('text', "Prometheus' text format"),
  'application/openmetrics-text': exposition('openmetrics', 'OpenMetrics 1.0'),
  'application/vnd.google.protobuf': {
    schema: z.string().meta({ description: 'Refused: push text' }),
    decode() {
      const message =
        "Push Prometheus' text format: in Go with .Format(expfmt.NewFormat(expfmt.TypeTextPlain)).";
      throw new PulseError('unsupported_content_type', message);
    },
  },
};

const NOTHING: ContentType = {
  schema: z.string().meta({ description: 'Not looked at' }),
  decode(head) {
    groupingOf(head);
    return { whole: () => ({ samples: [], errors: [] }) };
  },
};

function exposition(format: ExpositionFormat, description: string): ContentType {
  return {
    schema: Exposition(description),
    decode(head) {
      const grouping = groupingOf(head);
      return { inPortions: (bytes) => decodePush(bytes, format, grouping) };
    },
  };
}

function groupingOf({ path }: RequestHead) {
  return readGrouping(path.slice(ABOVE.length));
}

/** Paths of the Pushgateway. Nothing else is asked at them with these methods: pages have GET. */
export const pushEndpoints: readonly IngestEndpoint[] = (Object.keys(METHODS) as Method[]).flatMap((method) =>
  [`${ABOVE}job/*`, `${ABOVE}job@base64/*`].map((path) => endpoint(method, `${method} ${path}`)),
);
