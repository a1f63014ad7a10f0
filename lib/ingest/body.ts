import { isUtf8 } from 'node:buffer';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PulseError } from '../errors';

export type Body = AsyncIterable<Uint8Array>;

export interface BodyOptions {
  /** Makes plain bytes of what was sent; null when they are plain. */
  decoder: (() => Transform) | null;
  /** Bytes let in, of what was sent and of what it becomes. */
  maxBytes: number;
}

/** A whole body, decompressed. Throws `body_too_large` or `bad_body`. */
export async function readWhole(body: Body, { decoder, maxBytes }: BodyOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const plain = decoder ? inflate(limited(body, maxBytes), decoder()) : body;
  for await (const chunk of plain) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1
    ? Buffer.from(chunks[0].buffer, chunks[0].byteOffset, size)
    : Buffer.concat(chunks, size);
}

/** Bytes as text. Throws `bad_body` when they are not UTF-8: replaced characters would be stored as names. */
export function toText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new PulseError('bad_body', 'The body is not UTF-8.');
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasByteOrderMark ? 3 : 0);
}

async function* limited(body: Body, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** Decompresses as it streams. Errors of the body pass through, those of the compression become `bad_body`. */
export async function* inflate(body: Body, decoder: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(body, { objectMode: false });
  // The failure surfaces in the loop below; without this it would also be an unhandled rejection.
  const piped = pipeline(source, decoder).catch((error: unknown) => error);
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (error) {
    const failure = (await piped) ?? error;
    if (failure instanceof Error && 'code' in failure && /^(Z_|ERR_|ZSTD_)/.test(String(failure.code))) {
      throw new PulseError('bad_body', 'The body is not what its Content-Encoding says, or it is cut off.', {
        cause: failure,
      });
    }
    throw failure;
  } finally {
    decoder.destroy();
    source.destroy();
  }
}

/** Whether reading failed because the sender went away, which is nobody's error. */
export function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    /^(Abort|ResponseAborted)/.test(error.name)
  );
}

function tooLarge(maxBytes: number): PulseError {
  return new PulseError(
    'body_too_large',
    `The body has more than ${maxBytes} bytes (MAX_BODY_BYTES). Send it in parts, or as application/x-ndjson.`,
  );
}
