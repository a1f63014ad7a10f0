import { createHash } from 'node:crypto';

/**
 * One record of a spool's file: a head, then the payload.
 *
 *     0  marker      FF 50 42 FF
 *     4  length      of the payload as it is stored, u32
 *     8  sequence    u48: counts every record of the folder
 *    14  flags       u8
 *    15  zero        u8
 *    16  head sum    of bytes 0–15, 4 bytes
 *    20  sum         of bytes 0–19 and the payload, 12 bytes
 *    32  payload
 *
 * Numbers are little endian, sums the first bytes of SHA-256. The byte FF is in no UTF-8, and a payload that has it all
 * the same is stored as base64: so a marker begins a record or is damage, and a reader that finds damage searches for
 * the next one. The head has a sum of its own: it shows whether the length is right.
 */
export const HEAD_BYTES = 32;
export const MARKER = Buffer.from([0xff, 0x50, 0x42, 0xff]);
const HEAD_SUM_AT = 16;
const SUM_AT = 20;

const BASE64 = 1;
/** Of the records that were flushed together the first: when it began, all before it were on the disk. */
const FIRST_OF_FLUSH = 2;

export interface Head {
  sequence: number;
  /** Bytes of the payload as stored. */
  length: number;
  isBase64: boolean;
  isFirstOfFlush: boolean;
}

export function storedPayload(payload: Buffer): { stored: Buffer; isBase64: boolean } {
  if (!payload.includes(0xff)) return { stored: payload, isBase64: false };
  return { stored: Buffer.from(payload.toString('base64')), isBase64: true };
}

export function originalPayload(stored: Buffer, { isBase64 }: Pick<Head, 'isBase64'>): Buffer {
  return isBase64 ? Buffer.from(stored.toString(), 'base64') : stored;
}

export function encodeHead(head: Omit<Head, 'length'>, stored: Buffer): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  MARKER.copy(bytes);
  bytes.writeUInt32LE(stored.length, 4);
  bytes.writeUIntLE(head.sequence, 8, 6);
  bytes.writeUInt8((head.isBase64 ? BASE64 : 0) | (head.isFirstOfFlush ? FIRST_OF_FLUSH : 0), 14);
  sumOf(bytes.subarray(0, HEAD_SUM_AT)).copy(bytes, HEAD_SUM_AT, 0, SUM_AT - HEAD_SUM_AT);
  sumOf(bytes.subarray(0, SUM_AT), stored).copy(bytes, SUM_AT, 0, HEAD_BYTES - SUM_AT);
  return bytes;
}

/** What these bytes say, or null when they are no head or a damaged one. */
export function decodeHead(bytes: Buffer): Head | null {
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, MARKER.length).equals(MARKER)) return null;
  const flags = bytes.readUInt8(14);
  if (flags > (BASE64 | FIRST_OF_FLUSH) || bytes.readUInt8(15) !== 0) return null;
  const sum = sumOf(bytes.subarray(0, HEAD_SUM_AT));
  if (sum.compare(bytes, HEAD_SUM_AT, SUM_AT, 0, SUM_AT - HEAD_SUM_AT) !== 0) return null;
  return {
    sequence: bytes.readUIntLE(8, 6),
    length: bytes.readUInt32LE(4),
    isBase64: (flags & BASE64) !== 0,
    isFirstOfFlush: (flags & FIRST_OF_FLUSH) !== 0,
  };
}

/** Whether the payload is the one the head was made for; it may come in parts. */
export async function isIntact(
  head: Buffer,
  parts: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<boolean> {
  const hash = createHash('sha256').update(head.subarray(0, SUM_AT));
  for await (const part of parts) hash.update(part);
  return hash.digest().compare(head, SUM_AT, HEAD_BYTES, 0, HEAD_BYTES - SUM_AT) === 0;
}

function sumOf(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
