import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR } from '../../model/time/duration';
import type { StoreQuestion } from '../store';
import { slicesOf } from './slices';

const question = (start: number, end: number, step: number, starts?: number[]): StoreQuestion => ({
  metricId: 1,
  groups: [[1]],
  wholeMetric: true,
  aggregates: ['p95'],
  start,
  end,
  step,
  ...(starts && { starts }),
});
const chunks = (count: number) => Array.from({ length: count }, (_, i) => i * HOUR);

test('a question is cut between its steps, so that each part meets no more than so many chunks', () => {
  const slices = slicesOf(question(0, 1_000 * HOUR, HOUR), chunks(1_000), 400);
  expect(slices.map(({ start, end }) => [start / HOUR, end / HOUR])).toEqual([
    [0, 400],
    [400, 800],
    [800, 1_000],
  ]);
  // A step is whole, whatever it meets.
  expect(slicesOf(question(0, 1_000 * HOUR, 1_000 * HOUR), chunks(1_000), 400)).toHaveLength(1);
  expect(slicesOf(question(0, 10 * HOUR, HOUR), chunks(1_000), 400)).toEqual([question(0, 10 * HOUR, HOUR)]);
});

test('whatever the steps and chunks, the parts are the question', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 60 });
  const sorted = (values: number[]) => values.toSorted((a, b) => a - b);
  fc.assert(
    fc.property(times, times, fc.integer({ min: 1, max: 9 }), fc.boolean(), (a, b, most, isEven) => {
      const starts = sorted(a);
      const step = isEven ? 1 + (starts[1] % 7) : 1;
      const start = starts[0];
      const end = isEven ? start + step * starts.length : starts.pop()!;
      const whole = question(start, end, step, isEven ? undefined : starts);
      const slices = slicesOf(whole, sorted(b), most);
      expect(slices[0].start).toBe(start);
      expect(slices.at(-1)?.end).toBe(end);
      for (const [i, each] of slices.slice(1).entries()) expect(each.start).toBe(slices[i].end);
      for (const each of slices) {
        if (isEven) expect((each.start - start) % step).toBe(0);
        expect(each.end).toBeGreaterThan(each.start);
      }
      if (!isEven) expect(slices.flatMap((each) => each.starts)).toEqual(starts);
    }),
  );
});
