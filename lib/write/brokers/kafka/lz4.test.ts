import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uncompressLz4 } from './lz4';

/** A frame of blocks of 64 KiB at most, without checksums. */
function frame(...blocks: Array<{ bytes: Buffer; isStored?: boolean }>): Buffer {
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  const parts = blocks.flatMap(({ bytes, isStored }) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE((bytes.length | (isStored ? 0x8000_0000 : 0)) >>> 0);
    return [size, bytes];
  });
  return Buffer.concat([head, ...parts, Buffer.alloc(4)]);
}

/** Three letters, then 19 + `more` characters that repeat them. */
const repeating = (...more: number[]) => Buffer.from([0x3f, 97, 98, 99, 3, 0, ...more]);

test('blocks that are stored, that repeat themselves, and what a block before had', () => {
  const stored = { bytes: Buffer.from('hello '), isStored: true };
  expect(String(uncompressLz4(frame(stored, { bytes: repeating(2) }), 1_000))).toBe(
    `hello ${'abc'.repeat(8)}`,
  );
  const fromBefore = Buffer.from([0x02, 6, 0]);
  expect(String(uncompressLz4(frame(stored, { bytes: fromBefore }), 1_000))).toBe('hello hello ');
});

test('a bomb is given up at its bound', () => {
  const bomb = frame({ bytes: repeating(...Array(200).fill(255), 0) });
  expect(() => uncompressLz4(bomb, 1_000)).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }));
  const blocks = Array.from({ length: 1_000 }, () => ({ bytes: repeating(...Array(200).fill(255), 0) }));
  expect(() => uncompressLz4(frame(...blocks), 2 ** 20)).toThrow(
    expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }),
  );
});

test('garbage, and frames that are cut off or changed, end with a result or an error that is named', () => {
  const good = frame({ bytes: repeating(40) }, { bytes: Buffer.from('stored'), isStored: true });
  const tries = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => frame({ bytes: Buffer.from(bytes) })),
    fc.nat(good.length).map((length) => good.subarray(0, length)),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = Buffer.from(good);
      changed[at] = byte;
      return changed;
    }),
  );
  fc.assert(
    fc.property(tries, (bytes) => {
      try {
        expect(uncompressLz4(bytes, 10_000).length).toBeLessThanOrEqual(10_000);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^ERR_(LZ4|BUFFER_TOO_LARGE)$/);
      }
    }),
    { numRuns: 2_000 },
  );
});
