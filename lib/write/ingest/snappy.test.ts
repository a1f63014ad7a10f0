import fc from 'fast-check';
import { compress } from 'snappyjs';
import { expect, test } from 'vitest';
import { snappy } from './snappy';

const MOST = 1_000_000;

test('what was compressed is there again', async () => {
  const texts = fc
    .array(fc.tuple(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 200 })), { maxLength: 20 })
    .map((parts) => Buffer.from(parts.map(([text, times]) => text.repeat(times)).join('')));
  await fc.assert(
    fc.asyncProperty(texts, async (bytes) => {
      expect(Buffer.compare(await snappy.whole(compress(bytes), MOST), bytes)).toBe(0);
    }),
    { seed: 7 },
  );
  const random = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31) % 257));
  expect(Buffer.compare(await snappy.whole(compress(random), MOST), random)).toBe(0);
});

test('a copy may repeat what it writes itself, and reach back by four bytes of offset', async () => {
  const copies = Buffer.from([12, 0 << 2, 0x61, (7 << 2) | 1 | (0 << 5), 1]);
  expect(String(await snappy.whole(copies, MOST))).toBe('a'.repeat(12));
  const far = Buffer.from([4, 1 << 2, 0x61, 0x62, (1 << 2) | 3, 2, 0, 0, 0]);
  expect(String(await snappy.whole(far, MOST))).toBe('abab');
});

test('a bomb is refused before memory is taken for it', async () => {
  const tooLarge = { code: 'ERR_BUFFER_TOO_LARGE' };
  const fourGigabytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]);
  await expect(snappy.whole(fourGigabytes, MOST)).rejects.toMatchObject(tooLarge);
  await expect(snappy.whole(compress(Buffer.alloc(MOST + 1)), MOST)).rejects.toMatchObject(tooLarge);
  const claims = Buffer.from([0x80, 0x89, 0x7a, 0, 0x61]);
  await expect(snappy.whole(claims, 2 ** 31)).rejects.toMatchObject({ code: 'ERR_SNAPPY' });
});

test('what is cut off, flipped or not snappy at all is refused, and never more than it says', async () => {
  const bytes = Buffer.from('some text, some text, some other text '.repeat(20));
  const whole = Buffer.from(compress(bytes));
  for (let length = 0; length < whole.length; length++)
    await expect(snappy.whole(whole.subarray(0, length), MOST), String(length)).rejects.toMatchObject({
      code: 'ERR_SNAPPY',
    });
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const read = await snappy.whole(flipped, MOST).then(
      (found) => found.length,
      (error) => error.code,
    );
    expect(['ERR_SNAPPY', 'ERR_BUFFER_TOO_LARGE', bytes.length], String(bit)).toContain(read);
  }
  for (const junk of ['', '\0x', '\xff\xff\xff\xff\xff\xff', '{"json":true}'])
    await expect(snappy.whole(Buffer.from(junk, 'latin1'), MOST), junk).rejects.toMatchObject({
      code: 'ERR_SNAPPY',
    });
});
