import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SampleBuffer } from './sample-buffer';

const contents = (buffer: SampleBuffer) =>
  Array.from({ length: buffer.length }, (_, i) => [
    buffer.timestampAt(buffer.start + i),
    buffer.valueAt(buffer.start + i),
  ]);

const anyAction = fc.oneof(
  { weight: 9, arbitrary: fc.record({ insert: fc.integer({ min: 0, max: 300 }), value: fc.double() }) },
  {
    weight: 1,
    arbitrary: fc.record({ dropBefore: fc.integer({ min: 0, max: 300 }), tightly: fc.boolean() }),
  },
);

it('holds samples as a sorted map without overwriting would', () => {
  fc.assert(
    fc.property(fc.array(anyAction, { maxLength: 300 }), (actions) => {
      const buffer = new SampleBuffer();
      const model = new Map<number, number>();
      for (const action of actions) {
        if ('insert' in action) {
          const isNew = buffer.insert(action.insert, action.value);
          expect(isNew).toBe(!model.has(action.insert));
          if (isNew) model.set(action.insert, action.value);
        } else {
          buffer.dropBefore(action.dropBefore, action.tightly);
          // All but the newest of them.
          const older = [...model.keys()].filter((timestamp) => timestamp < action.dropBefore);
          for (const timestamp of older.sort((a, b) => a - b).slice(0, -1)) model.delete(timestamp);
        }
      }
      expect(contents(buffer)).toEqual([...model].sort(([a], [b]) => a - b));
      expect(buffer.has(150)).toBe(model.has(150));
    }),
  );
});

it('stays within twice what a sliding window needs', () => {
  const buffer = new SampleBuffer();
  for (let t = 0; t < 20_000; t++) {
    buffer.insert(t, t);
    if (t % 30 === 0) buffer.dropBefore(t - 600);
  }
  expect(buffer.length).toBeGreaterThanOrEqual(600);
  expect(buffer.data.length / 2).toBeLessThan(1_260);
});

it('gives the memory of a burst back', () => {
  const buffer = new SampleBuffer();
  for (let t = 0; t < 10_000; t++) buffer.insert(t, t);
  buffer.dropBefore(9_990);
  expect(buffer.bytes).toBeLessThan(1_000);
});
