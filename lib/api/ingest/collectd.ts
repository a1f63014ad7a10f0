import { z } from 'zod';
import { PulseError } from '../../model/errors';
import { decodeCollectd } from '../../write/ingest/collectd/decode';
import { headerIn, type RequestHead } from '../request-head';
import type { IngestEndpoint } from './endpoint';
import { inWords, partialError, plainText } from './plain-text';
import { statusForRetry } from './retryable';

const ValueLists = z
  .array(
    z.looseObject({
      values: z.array(z.number().nullable()),
      dstypes: z.array(z.enum(['gauge', 'derive', 'counter', 'absolute'])),
      dsnames: z.array(z.string()),
      time: z.number().meta({ description: 'Seconds' }),
      interval: z.number(),
      host: z.string(),
      plugin: z.string(),
      plugin_instance: z.string(),
      type: z.string(),
      type_instance: z.string(),
    }),
  )
  .meta({ description: 'As write_http has it with Format "JSON"' });

const Query = z.object({
  rates: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'true where the Node of write_http has StoreRates true' }),
});

/** `POST /api/collectd`: collectd's write_http, in JSON. */
export const collectdEndpoint: IngestEndpoint = {
  path: '/api/collectd',
  contentTypes: {
    'application/json': {
      schema: ValueLists,
      decode(head) {
        const areRates = readRates(head);
        return { inPortions: (bytes) => decodeCollectd(bytes, areRates) };
      },
    },
  },
  authorize: (head, senders) => senders.authorizeAny(headerIn(head, 'authorization')),
  answers: {
    // collectd logs anything but 200 as an error.
    committed: (result) => (result.rejected > 0 ? plainText(400, partialError(result)) : plainText(200, '')),
    refused(error) {
      const { status, headers } = statusForRetry(error);
      if (status === 401) headers['www-authenticate'] = 'Bearer';
      return plainText(status, error.message, headers);
    },
  },
  operation: {
    summary: "collectd's write_http",
    description: 'Names and labels are those of its write_prometheus. Answered after the commit.',
    requestParams: { query: Query },
    responses: {
      '200': { description: 'Every sample is committed' },
      '400': inWords('It cannot be read, or something in it can never be taken; what can is committed'),
      '401': inWords('No key was shown'),
      '403': inWords('A wrong key, or a page of another site'),
      '413': inWords('More than MAX_BODY_BYTES, uncompressed'),
      '415': inWords('Another Format than "JSON"'),
      '503': inWords('Nothing was kept; collectd does not send it again'),
    },
  },
};

/** @throws PulseError `bad_parameter` */
function readRates({ search }: RequestHead): boolean {
  const given = new URLSearchParams(search).get('rates') ?? 'false';
  if (given === 'true' || given === 'false') return given === 'true';
  throw new PulseError('bad_parameter', 'rates must be true or false.', {
    details: [{ parameter: 'rates' }],
  });
}
