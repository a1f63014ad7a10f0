import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import zlib, { type InputType } from 'node:zlib';
import { PulseError } from '../../model/errors';

/** A Content-Encoding other than none. */
export interface Encoding {
  /** Inflates a whole body, giving up with `ERR_BUFFER_TOO_LARGE` beyond `maxBytes`. */
  whole(bytes: Uint8Array, maxBytes: number): Promise<Buffer>;
  /** Inflates as it streams; without it only whole bodies may be compressed so. */
  stream?(): Transform;
}

export type Encodings = Readonly<Record<string, Encoding | undefined>>;

/** Large enough that a chunk of NDJSON is worth a commit. */
const CHUNK_BYTES = 64 * 1_024;

type Inflate = (bytes: InputType, options: { maxOutputLength: number }) => Promise<Buffer>;

const encoding = (inflate: Inflate, stream: (options: { chunkSize: number }) => Transform): Encoding => ({
  whole: (bytes, maxOutputLength) => inflate(bytes, { maxOutputLength }),
  stream: () => stream({ chunkSize: CHUNK_BYTES }),
});

const gzip = encoding(promisify(zlib.gunzip), zlib.createGunzip);

// zstd came with Node 22.15; the types here are Node 20's.
const { zstdDecompress, createZstdDecompress } = zlib as {
  zstdDecompress?: typeof zlib.gunzip;
  createZstdDecompress?: (options: { chunkSize: number }) => Transform;
};

const ENCODINGS: Encodings = {
  gzip,
  'x-gzip': gzip,
  br: encoding(promisify(zlib.brotliDecompress), zlib.createBrotliDecompress),
  zstd: zstdDecompress && createZstdDecompress && encoding(promisify(zstdDecompress), createZstdDecompress),
};

/**
 * What a Content-Encoding header names, null for none. Throws `unsupported_encoding`.
 *
 * @param more by name: what a protocol has of its own; `identity` where its bodies are compressed even if nothing
 * says so
 */
export function encodingFor(contentEncoding: string | undefined, more?: Encodings): Encoding | null {
  const name = contentEncoding?.trim().toLowerCase() || 'identity';
  if (name === 'identity') return more?.identity ?? null;
  for (const encodings of [ENCODINGS, more]) {
    const known = encodings && Object.hasOwn(encodings, name) ? encodings[name] : undefined;
    if (known) return known;
  }
  const names = [
    'identity',
    ...Object.keys(ENCODINGS).filter((each) => ENCODINGS[each] && each !== 'x-gzip'),
    ...Object.keys(more ?? {}).filter((each) => each !== 'identity'),
  ];
  throw new PulseError('unsupported_encoding', `Content-Encoding must be one of ${names.join(', ')}.`);
}
