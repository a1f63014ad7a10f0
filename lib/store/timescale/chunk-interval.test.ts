import { expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import { chunkInterval } from './chunk-interval';

it('is the shorter the more comes in, and the longer the longer samples are kept', () => {
  expect(chunkInterval(10, 7 * DAY)).toBe(4 * HOUR);
  expect(chunkInterval(1_000, 7 * DAY)).toBe(HOUR);
  expect(chunkInterval(20_000, 7 * DAY)).toBe(15 * MINUTE);
  expect(chunkInterval(20_000, 730 * DAY)).toBe(4 * HOUR);
  expect(chunkInterval(10, Number.POSITIVE_INFINITY)).toBe(DAY);
});
