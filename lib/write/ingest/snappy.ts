import type { Encoding } from './encoding';

/**
 * Snappy's block format (google/snappy, format_description.txt). Written here because it lies in the way of every
 * sample and what packages there are read beyond a body that is cut off.
 */
export const snappy: Encoding = {
  async whole(bytes, maxBytes) {
    return uncompress(bytes, maxBytes);
  },
};

const LITERAL = 0;
/** A length of more bits than that cannot be meant. */
const MAX_LENGTH_BYTES = 5;
/** An element makes at most 64 bytes, and of three. */
const MOST_RATIO = 64 / 3;

/** Gives up before it takes memory where the length that the body begins with is more than `maxBytes`. */
function uncompress(bytes: Uint8Array, maxBytes: number): Buffer {
  const { length, at } = readLength(bytes);
  if (length > maxBytes) throw failed('ERR_BUFFER_TOO_LARGE');
  if (length > bytes.length * MOST_RATIO) throw failed('ERR_SNAPPY');
  const out = Buffer.allocUnsafeSlow(length);
  if (fill(out, bytes, at) !== length) throw failed('ERR_SNAPPY');
  return out;
}

/** @returns how much of `out` was written. */
function fill(out: Buffer, bytes: Uint8Array, from: number): number {
  let at = from;
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    const kind = tag & 3;
    if (kind === LITERAL) {
      const more = Math.max(0, (tag >> 2) - 59);
      const length = more === 0 ? (tag >> 2) + 1 : littleEndian(bytes, at, more) + 1;
      at += more;
      if (at + length > bytes.length || to + length > out.length) throw failed('ERR_SNAPPY');
      copyLiteral(out, to, bytes, at, length);
      at += length;
      to += length;
      continue;
    }
    const offsetBytes = kind === 3 ? 4 : kind;
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = littleEndian(bytes, at, offsetBytes) + (kind === 1 ? (tag >> 5) * 256 : 0);
    at += offsetBytes;
    if (offset === 0 || offset > to || to + length > out.length) throw failed('ERR_SNAPPY');
    // It may repeat what it writes itself, so byte after byte.
    for (let end = to + length; to < end; to++) out[to] = out[to - offset];
  }
  return to;
}

/** Most literals are a few bytes, for which a call into the engine is dearer than a loop. */
function copyLiteral(out: Buffer, to: number, bytes: Uint8Array, from: number, length: number): void {
  if (length > 64) out.set(bytes.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) out[to + i] = bytes[from + i];
}

function readLength(bytes: Uint8Array): { length: number; at: number } {
  let length = 0;
  for (let at = 0; at < MAX_LENGTH_BYTES && at < bytes.length; at++) {
    length += (bytes[at] & 0x7f) * 2 ** (7 * at);
    if (bytes[at] < 0x80) return { length, at: at + 1 };
  }
  throw failed('ERR_SNAPPY');
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw failed('ERR_SNAPPY');
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
  return value;
}

/** As those of `node:zlib` are. */
function failed(code: 'ERR_SNAPPY' | 'ERR_BUFFER_TOO_LARGE'): Error {
  return Object.assign(new Error('not a snappy block'), { code });
}
