import { isUtf8 } from 'node:buffer';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type HeldBodies, isDisconnect, tooLarge } from '../../access/limit/held-body';
import { PulseError } from '../../model/errors';
import type { Encoding } from './encoding';

/** A source of bytes. A Node stream stays open when it is not read to its end, so that an answer can follow. */
export type Body = Readable | AsyncIterable<Uint8Array>;

const ADVICE = ' (MAX_BODY_BYTES). Send it in parts, or as application/x-ndjson.';

/** Samples compress to a tenth, a sixtieth at best. A body that inflates further is an attack. */
const BOMB = { bytes: 16 * 2 ** 20, ratio: 200 };

/**
 * A whole body, inflated; `maxBytes` bounds it both as it was sent and as what it becomes.
 * Throws `body_too_large`, `bad_body`, or `queue_full` where `bodies` hold too much.
 */
export function readWhole(
  body: Body,
  encoding: Encoding | null,
  maxBytes: number,
  bodies: HeldBodies,
): Promise<Buffer> {
  const sent =
    body instanceof Readable ? collectEvents(body, maxBytes, bodies) : collect(body, maxBytes, bodies);
  return encoding ? inflateWhole(sent, encoding, maxBytes) : sent;
}

/** Throws `body_too_large` beyond `maxBytes`, `bad_body`. */
export async function inflateWhole(
  sent: Buffer | Promise<Buffer>,
  encoding: Encoding,
  maxBytes: number,
): Promise<Buffer> {
  const bytes = await sent;
  return encoding.whole(bytes, maxBytes).catch((error) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(maxBytes, ADVICE) : explainInflation(error);
  });
}

/** A body in pieces as they arrive, inflated. Throws `bad_body`, `unsupported_encoding`. */
export function readPieces(body: Body, encoding: Encoding | null): AsyncIterable<Uint8Array> {
  const pieces = body instanceof Readable ? body.iterator({ destroyOnReturn: false }) : body;
  if (!encoding) return pieces;
  if (encoding.stream) return inflate(pieces, encoding.stream());
  throw new PulseError(
    'unsupported_encoding',
    'With this Content-Type a body of this Content-Encoding is not read.',
  );
}

/** Bytes as text. Throws `bad_body` when they are not UTF-8: replaced characters would be stored as names. */
export function toText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new PulseError('bad_body', 'The body is not UTF-8.');
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasByteOrderMark ? 3 : 0);
}

async function collect(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
  bodies: HeldBodies,
): Promise<Buffer> {
  const held = bodies.open(maxBytes, ADVICE);
  try {
    for await (const piece of pieces) held.add(piece);
    return held.whole();
  } finally {
    held.release();
  }
}

/** The same by events: an iterator and its promises cost a small request more than everything else about its body. */
function collectEvents(stream: Readable, maxBytes: number, bodies: HeldBodies): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const held = bodies.open(maxBytes, ADVICE);
    const take = (chunk: Buffer) => {
      try {
        held.add(chunk);
      } catch (error) {
        stream.off('data', take).pause();
        held.release();
        reject(error);
      }
    };
    stream.on('data', take);
    stream.on('end', () => {
      resolve(held.whole());
      held.release();
    });
    stream.on('error', reject);
    stream.on('close', () => {
      held.release();
      if (stream.readableEnded) return;
      reject(Object.assign(new Error('the body was cut off'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
    });
  });
}

/** Inflates as it streams. Errors of the body pass through, those of the compression become `bad_body`. */
async function* inflate(pieces: AsyncIterable<Uint8Array>, inflated: Transform): AsyncGenerator<Uint8Array> {
  let sentBytes = 0;
  let inflatedBytes = 0;
  const counted = async function* () {
    for await (const piece of pieces) {
      sentBytes += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted(), { objectMode: false });
  // A failure of either surfaces in the loop below; here it would only be an unhandled rejection.
  pipeline(source, inflated).catch(() => {});
  try {
    for await (const chunk of inflated) {
      inflatedBytes += chunk.length;
      if (inflatedBytes > BOMB.bytes && inflatedBytes > BOMB.ratio * sentBytes) {
        const message = `The body inflates to more than ${BOMB.ratio} times its size.`;
        throw new PulseError('body_too_large', message);
      }
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw explainInflation(error);
  } finally {
    inflated.destroy();
    source.destroy();
  }
}

/** Turns errors of the decompressor into `bad_body`. */
export function explainInflation(error: unknown): unknown {
  if (isDisconnect(error) || !(error instanceof Error) || !('code' in error)) return error;
  if (!/^(Z_|ERR_|ZSTD_)/.test(String(error.code))) return error;
  return new PulseError('bad_body', 'The body is not what its Content-Encoding says, or it is cut off.', {
    cause: error,
  });
}
