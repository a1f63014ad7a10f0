import { describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../model/time/duration';
import { parseQuery } from './query-params';
import { resolveQuestion } from './question';

const NOW = Date.UTC(2026, 10, 20, 12, 34, 56);
const retention = { raw: 7 * DAY, minute: 90 * DAY, hour: 730 * DAY, day: Number.POSITIVE_INFINITY };
const DEFAULTS = parseQuery({ metric: 'cpu' });

describe('resolveQuestion', () => {
  it('makes times absolute and aligns the range to the step, the end outwards', () => {
    const question = resolveQuestion({ ...DEFAULTS, step: 'auto' }, { now: NOW, retention });
    expect(question).toMatchObject({ operands: [{ metric: 'cpu' }], step: 10 * SECOND });
    expect(question.start).toBe(Date.UTC(2026, 10, 20, 11, 34, 50));
    expect(question.end).toBe(Date.UTC(2026, 10, 20, 12, 35, 0));
  });

  it('refuses an empty range', () => {
    const empty = { ...DEFAULTS, start: 'now', end: 'now-1h' };
    expect(() => resolveQuestion(empty, { now: NOW, retention })).toThrow(
      expect.objectContaining({ code: 'bad_parameter' }),
    );
  });

  it('refuses a step too fine for the range', () => {
    const fine = { ...DEFAULTS, start: 'now-7d', step: SECOND };
    expect(() => resolveQuestion(fine, { now: NOW, retention })).toThrow(
      expect.objectContaining({ code: 'too_many_points' }),
    );
  });
});
