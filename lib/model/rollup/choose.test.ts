import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../time/duration';
import { AUTO_STEPS, chooseStep, type StepOptions } from './choose';
import { type Retention, retentionFrom, tierForStep } from './tiers';

const NOW = Date.UTC(2026, 10, 20, 12, 34, 56);
const FOREVER = Number.POSITIVE_INFINITY;
const RETENTION: Retention = { raw: 7 * DAY, minute: 90 * DAY, hour: 730 * DAY, day: FOREVER };

const ask = (over: Partial<StepOptions>): StepOptions => ({
  start: NOW - HOUR,
  end: NOW,
  requested: 'auto',
  maxPoints: 600,
  maxPointsGiven: false,
  now: NOW,
  retention: RETENTION,
  ...over,
});

describe('auto', () => {
  it.each([
    ['the last 5 minutes', 5 * MINUTE, SECOND],
    ['an hour', HOUR, 10 * SECOND],
    ['six hours', 6 * HOUR, MINUTE],
    ['a day', DAY, 5 * MINUTE],
    ['a week', 7 * DAY, 30 * MINUTE],
    ['a month', 30 * DAY, 2 * HOUR],
    ['a year', 365 * DAY, DAY],
    ['ten years', 3_650 * DAY, 7 * DAY],
  ])('reads %s in the finest step within maxPoints', (_, range, step) => {
    expect(chooseStep(ask({ start: NOW - range }))).toBe(step);
  });

  it('goes no finer than what is still stored', () => {
    const lastMonth = { start: NOW - 30 * DAY, end: NOW - 30 * DAY + 5 * MINUTE };
    expect(chooseStep(ask(lastMonth))).toBe(MINUTE);
    expect(chooseStep(ask({ start: NOW - 400 * DAY, end: NOW - 399 * DAY }))).toBe(HOUR);
    expect(chooseStep(ask({ start: NOW - 800 * DAY, end: NOW - 799 * DAY }))).toBe(DAY);
  });

  it('goes no finer than the series report', () => {
    const auto = (intervalMs: number) => chooseStep(ask({ start: NOW - 5 * MINUTE, intervalMs }));
    expect([0, 1_090, 1_500, 10 * SECOND, MINUTE, 61 * SECOND, 7 * MINUTE].map(auto)).toEqual([
      SECOND,
      SECOND,
      2 * SECOND,
      10 * SECOND,
      MINUTE,
      MINUTE,
      10 * MINUTE,
    ]);
    expect(auto(100 * DAY)).toBe(30 * DAY);
    expect(chooseStep(ask({ intervalMs: MINUTE, requested: 5 * SECOND }))).toBe(5 * SECOND);
  });

  it('takes the tier kept longest where the range reaches beyond all of them', () => {
    const retention = { raw: DAY, minute: 2 * DAY, hour: 10 * DAY, day: 20 * DAY };
    expect(chooseStep(ask({ start: NOW - 40 * DAY, end: NOW, retention }))).toBe(DAY);
  });

  it('outgrows its ladder rather than its limit', () => {
    expect(chooseStep(ask({ start: 0, end: NOW, maxPoints: 100 }))).toBe(210 * DAY);
  });

  it('never exceeds maxPoints and never leaves a finer fitting step unused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 * 365 * DAY }),
        fc.integer({ min: 0, max: 40 * 365 * DAY }),
        fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 4 })),
        (length, age, maxPoints) => {
          const end = NOW - age;
          const start = Math.max(0, end - length);
          const step = chooseStep(ask({ start, end, maxPoints }));
          const points = (width: number) => Math.ceil(end / width) - Math.floor(start / width);
          expect(points(step)).toBeLessThanOrEqual(maxPoints);
          const finer = AUTO_STEPS.filter(
            (width) =>
              width < step && RETENTION[tierForStep(width)] >= NOW - start && points(width) <= maxPoints,
          );
          expect(finer).toEqual([]);
        },
      ),
    );
  });
});

describe('a range that goes on', () => {
  it('is read in a step that stays within maxPoints wherever in it the range begins', () => {
    const onTheMinute = NOW - (NOW % MINUTE);
    const range = { start: onTheMinute - HOUR, end: onTheMinute, maxPoints: 60 };
    expect(chooseStep(ask(range))).toBe(MINUTE);
    expect(chooseStep(ask({ ...range, isMoving: true }))).toBe(2 * MINUTE);
    expect(chooseStep(ask({ ...range, isMoving: true, maxPoints: 61 }))).toBe(MINUTE);
  });

  it('that may have one point has one while it can', () => {
    expect(chooseStep(ask({ maxPoints: 1, isMoving: true }))).toBe(DAY);
  });
});

describe('an explicit step', () => {
  it('that would not fit names one that does', () => {
    const acrossDays = { start: Date.UTC(2026, 4, 6, 23), end: Date.UTC(2026, 4, 7, 1), maxPoints: 1 };
    const refused = () => chooseStep(ask({ ...acrossDays, maxPointsGiven: true, requested: HOUR }));
    const fitting = /step=(\w+) would fit/;
    expect(refused).toThrow(fitting);
    const step = chooseStep(ask(acrossDays));
    expect(refused).toThrow(`step=${step / DAY}d would fit`);
    expect(chooseStep(ask({ ...acrossDays, maxPointsGiven: true, requested: step }))).toBe(step);
  });

  it('is taken as it is', () => {
    expect(chooseStep(ask({ requested: 7 * SECOND }))).toBe(7 * SECOND);
    expect(chooseStep(ask({ requested: 1 }))).toBe(1);
  });

  it('is bound by 5,000 points, not by the default maxPoints', () => {
    expect(chooseStep(ask({ requested: SECOND }))).toBe(SECOND);
    expect(() => chooseStep(ask({ requested: SECOND, start: NOW - DAY }))).toThrow(
      /86400 points a series, 5000 are the limit; step=30s would fit/,
    );
  });

  it('is bound by maxPoints where that was given', () => {
    expect(() => chooseStep(ask({ requested: SECOND, maxPointsGiven: true }))).toThrow(
      expect.objectContaining({
        code: 'too_many_points',
        message: expect.stringContaining('step=10s would fit'),
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('%s is refused', (requested) => {
    expect(() => chooseStep(ask({ requested }))).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });

  it('cannot make a range of nothing', () => {
    expect(() => chooseStep(ask({ start: NOW }))).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  });
});

it.each([
  [1, 'raw'],
  [30 * SECOND, 'raw'],
  [90 * SECOND, 'raw'],
  [MINUTE, 'minute'],
  [90 * MINUTE, 'minute'],
  [6 * HOUR, 'hour'],
  [36 * HOUR, 'hour'],
  [7 * DAY, 'day'],
])('a step of %s ms is read from %s', (step, tier) => {
  expect(tierForStep(step)).toBe(tier);
});

it('keeps a coarser tier at least as long as a finer one', () => {
  const settings = { RETENTION_RAW: 30, RETENTION_MINUTE: 10, RETENTION_HOUR: 50, RETENTION_DAY: FOREVER };
  expect(retentionFrom(settings)).toEqual({ raw: 30, minute: 30, hour: 50, day: FOREVER });
});
