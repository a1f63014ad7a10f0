import { createHash } from 'node:crypto';

/**
 * The framing of a record in the version before: length (u32, little endian), the first 4 bytes of the payload's
 * SHA-256, and the payload, which is a list of samples as JSON.
 */
export const LEGACY_HEAD_BYTES = 8;
/** Records up to this size are always checked. */
const SMALL_BYTES = 1_024;

export function legacyLength(head: Buffer): number | null {
  return head.length < LEGACY_HEAD_BYTES ? null : head.readUInt32LE(0);
}

/**
 * Whether a record may begin with this head, by the first and last byte of its payload; damage rarely looks like that.
 */
export function mayBeLegacy(length: number, first: number, last: number): boolean {
  return length > 0 && (length <= SMALL_BYTES || (first === 0x5b && last === 0x5d));
}

export async function isLegacyIntact(
  head: Buffer,
  parts: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<boolean> {
  const hash = createHash('sha256');
  for await (const part of parts) hash.update(part);
  return hash.digest().compare(head, 4, LEGACY_HEAD_BYTES, 0, 4) === 0;
}
