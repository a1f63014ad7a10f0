import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { PulseError } from '../errors';

/** Large enough that a chunk of NDJSON is worth a commit. */
const CHUNK_BYTES = 64 * 1_024;

const gunzip = () => zlib.createGunzip({ chunkSize: CHUNK_BYTES });

// zstd came with Node 22.15; the types here are Node 20's.
const { createZstdDecompress } = zlib as {
  createZstdDecompress?: (options: { chunkSize: number }) => Transform;
};

/** What makes plain bytes of each Content-Encoding; null where they are plain already. */
const DECODERS: Record<string, (() => Transform) | null | undefined> = {
  identity: null,
  gzip: gunzip,
  'x-gzip': gunzip,
  br: () => zlib.createBrotliDecompress({ chunkSize: CHUNK_BYTES }),
  zstd: createZstdDecompress && (() => createZstdDecompress({ chunkSize: CHUNK_BYTES })),
};

/** The decoder of a Content-Encoding header, null for none. Throws `unsupported_encoding`. */
export function decoderFor(contentEncoding: string | undefined): (() => Transform) | null {
  if (!contentEncoding) return null;
  const name = contentEncoding.trim().toLowerCase();
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder !== undefined) return decoder;
  const known = Object.keys(DECODERS).filter((each) => DECODERS[each] !== undefined && each !== 'x-gzip');
  throw new PulseError('unsupported_encoding', `Content-Encoding must be one of ${known.join(', ')}.`);
}
