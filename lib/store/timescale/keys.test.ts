import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKeys, encodeKeys, hasKey, keysOf } from './keys';

/** Around each other, as hosts send them, and anywhere. */
const time = fc.oneof(
  fc.integer({ min: 1_795_000_000_000, max: 1_795_000_000_005 }),
  fc.integer({ min: -4_000_000_000_000, max: 4_000_000_000_000 }),
);
const row = fc.tuple(fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2 ** 31 - 1 })), time);
const rows = fc.uniqueArray(row, { selector: ([id, t]) => `${id} ${t}`, maxLength: 200 }).map((pairs) => ({
  seriesIds: pairs.map(([id]) => id),
  timestamps: pairs.map(([, t]) => t),
  values: pairs.map(() => 1),
}));
const pairsOf = ({ seriesIds, timestamps }: ReturnType<typeof keysOf>) =>
  seriesIds.map((id, i) => `${id} ${timestamps[i]}`);

describe('keys', () => {
  it('are all those of the rows, in order, and come back from their text', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const keys = keysOf(given);
        expect(pairsOf(keys).sort()).toEqual(pairsOf(given).sort());
        for (let i = 1; i < keys.seriesIds.length; i++)
          expect(
            keys.seriesIds[i - 1] < keys.seriesIds[i] ||
              (keys.seriesIds[i - 1] === keys.seriesIds[i] && keys.timestamps[i - 1] < keys.timestamps[i]),
          ).toBe(true);
        expect(decodeKeys(encodeKeys(keys))).toEqual({
          seriesIds: keys.seriesIds,
          timestamps: keys.timestamps,
        });
      }),
    );
  });

  it('are found, and no others', () => {
    fc.assert(
      fc.property(rows, fc.array(row), (given, others) => {
        const keys = keysOf(given);
        const there = new Set(pairsOf(given));
        given.seriesIds.forEach((id, i) => {
          expect(hasKey(keys, id, given.timestamps[i])).toBe(true);
        });
        for (const [id, t] of others) expect(hasKey(keys, id, t)).toBe(there.has(`${id} ${t}`));
      }),
    );
  });

  it('of hosts with ten series each take half a byte a sample', () => {
    const count = 10_000;
    const keys = {
      seriesIds: Array.from({ length: count }, (_, i) => i + 1),
      timestamps: Array.from({ length: count }, (_, i) => 1_795_000_000_000 + (Math.floor(i / 10) % 7) * 13),
    };
    expect(encodeKeys(keys).length).toBeLessThan(count * 0.6);
  });

  it('are of whole milliseconds', () => {
    expect(() => encodeKeys({ seriesIds: [1], timestamps: [0.5] })).toThrow(RangeError);
    expect(() => encodeKeys({ seriesIds: [1], timestamps: [Number.NaN] })).toThrow(RangeError);
    expect(() => encodeKeys({ seriesIds: [1, 2], timestamps: [-(2 ** 53), 2 ** 53] })).toThrow(RangeError);
  });
});
