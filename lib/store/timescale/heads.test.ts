import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heads } from './heads';

describe('heads', () => {
  it('doubt everything until they know what is stored', () => {
    const heads = new Heads();
    expect(heads.trusted).toBe(false);
    expect(heads.admit([1, 2], [100, 200])).toEqual([0, 1]);
  });

  it('doubt what is not newer than its series, or older than what they know of', () => {
    const heads = new Heads();
    heads.trust(heads.distrust(), 1_000, [{ seriesId: 7, newest: 5_000 }]);
    expect(heads.admit([7, 7, 8, 8, 9], [5_000, 5_001, 999, 1_000, 4_000])).toEqual([0, 2]);
    expect(heads.admit([7, 8, 9], [5_001, 1_001, 4_000])).toEqual([0, 2]);
  });

  it('are not fooled by an answer that is older than the last doubt', () => {
    const heads = new Heads();
    const early = heads.distrust();
    heads.distrust();
    heads.trust(early, Number.NEGATIVE_INFINITY, []);
    expect(heads.trusted).toBe(false);
  });

  it('never take for new what has been stored, whatever comes in what order', () => {
    const sample = fc.tuple(fc.nat({ max: 5_000 }), fc.integer({ min: -20, max: 20 }));
    fc.assert(
      fc.property(
        fc.array(fc.array(sample, { maxLength: 20 }), { maxLength: 20 }),
        fc.integer({ min: -20, max: 20 }),
        (batches, from) => {
          const heads = new Heads();
          const stored = new Set<string>();
          const newest = new Map<number, number>();
          batches.forEach((batch, round) => {
            // Somewhere on the way the knowledge is lost and read again.
            if (round % 5 === 0) {
              const known = [...newest]
                .filter(([, t]) => t >= from)
                .map(([seriesId, t]) => ({ seriesId, newest: t }));
              heads.trust(heads.distrust(), from, known);
            }
            const unique = [...new Map(batch.map((row) => [row.join(), row])).values()];
            const doubtful = new Set(
              heads.admit(
                unique.map(([id]) => id),
                unique.map(([, t]) => t),
              ),
            );
            unique.forEach(([id, t], i) => {
              if (stored.has(`${id} ${t}`)) expect(doubtful).toContain(i);
              stored.add(`${id} ${t}`);
              newest.set(id, Math.max(t, newest.get(id) ?? t));
            });
          });
        },
      ),
    );
  });
});
