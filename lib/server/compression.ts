import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { LargeResponse } from '../api/http';

const compress = promisify(gzip);
/** Less than this is one packet anyhow. */
const LEAST_BYTES = 1_024;
/** LEVEL */
const LEVEL = 1;

/** How a body is compressed. */
export interface Compression {
  readonly name: 'gzip';
  whole(body: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  stream(): Transform;
}

const GZIP: Compression = {
  name: 'gzip',
  whole: (body) => compress(body, { level: LEVEL }),
  stream: () => createGzip({ level: LEVEL }),
};

/** The compression of an answer; null where it is sent as it is. */
export function compressionFor(
  acceptEncoding: string | string[] | undefined,
  body: LargeResponse['body'],
): Compression | null {
  if (body instanceof Uint8Array && body.length < LEAST_BYTES) return null;
  return takesGzip(String(acceptEncoding ?? '')) ? GZIP : null;
}

/** Headers that tell caches between us and the reader what an answer depends on. */
export function varyByEncoding(headers: Record<string, string>): Record<string, string> {
  const { vary } = headers;
  return { ...headers, vary: vary ? `${vary}, accept-encoding` : 'accept-encoding' };
}

/** Whether an Accept-Encoding takes gzip (RFC 9110, 12.5.3); `*` stands for what it does not name. */
function takesGzip(acceptEncoding: string): boolean {
  const weights = new Map(
    acceptEncoding.split(',').map((item) => {
      const [name, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((each) => each.startsWith('q='));
      return [name, weight ? Number(weight.slice(2)) : 1];
    }),
  );
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}
