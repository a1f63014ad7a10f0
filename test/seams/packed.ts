import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { z } from 'zod';
import type { IngestEndpoint } from '@/lib/api/ingest/endpoint';
import { headerIn } from '@/lib/api/request-head';
import { PulseError } from '@/lib/model/errors';
import type { DecodedSamples } from '@/lib/write/ingest/sample';

const inflateWhole = promisify(inflate);

/** A protocol in small: whole binary bodies, a compression, a header for its key, answers and errors of its own. */
export const packedEndpoint: IngestEndpoint = {
  path: '/v1/packed',
  contentTypes: {
    'application/x-packed': {
      schema: z.string().meta({ format: 'binary' }),
      decode: () => ({ whole: decodePacked }),
      encodings: { deflate: { whole: (bytes, maxOutputLength) => inflateWhole(bytes, { maxOutputLength }) } },
    },
  },
  authorize: (head, senders) =>
    senders.authorizeKey(headerIn(head, 'x-packed-key'), 'send X-Packed-Key: <key>.'),
  answers: {
    committed: ({ accepted }) => ({
      status: 204,
      headers: { 'x-samples-written': String(accepted) },
      body: '',
    }),
    refused: ({ status, code }) => ({
      status,
      headers: { 'content-type': 'application/x-packed-error' },
      body: Uint8Array.of(0xff, ...Buffer.from(code)),
    }),
  },
  operation: {
    summary: 'Packed samples',
    responses: { '204': { description: 'Every sample is committed' } },
  },
};

/** For each sample: one byte with the length of its name, the name, its value as a float64. */
function decodePacked(bytes: Buffer): DecodedSamples {
  const decoded: DecodedSamples = { samples: [], errors: [] };
  const timestamp = Date.now();
  for (let at = 0; at < bytes.length; ) {
    const value = at + 1 + bytes[at];
    if (value + 8 > bytes.length) throw new PulseError('bad_body', 'The last sample is cut off.');
    const name = bytes.toString('utf8', at + 1, value);
    const index = decoded.samples.length;
    decoded.samples.push({ index, name, value: bytes.readDoubleLE(value), timestamp, labels: {} });
    at = value + 8;
  }
  return decoded;
}

export function encodePacked(samples: Record<string, number>): Buffer<ArrayBuffer> {
  return Buffer.concat(
    Object.entries(samples).map(([name, value]) => {
      const packed = Buffer.alloc(1 + name.length + 8);
      packed[0] = packed.write(name, 1);
      packed.writeDoubleLE(value, 1 + name.length);
      return packed;
    }),
  );
}
