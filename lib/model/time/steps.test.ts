import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from './duration';
import {
  type CalendarStep,
  countSteps,
  listStarts,
  nameOfStep,
  readStep,
  startFrom,
  stepOfSample,
  stepsOf,
} from './steps';
import { zoneOf } from './zone';

const iso = (t: number) => new Date(t).toISOString();
const at = (text: string) => Date.parse(text);
const startsOf = (step: CalendarStep, from: string, to: string) => {
  const steps = stepsOf(step);
  return listStarts(steps, steps.startOf(at(from)), at(to)).map(iso);
};
const day = (timezone: string, every = 1): CalendarStep => ({ unit: 'day', every, timezone });

describe('days begin at the first instant of a date', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['Europe/Berlin', '2100-01-01', '2099-12-31T23:00:00.000Z', 24],
    ['Asia/Kathmandu', '2026-07-01', '2026-06-30T18:15:00.000Z', 24],
    // Half an hour.
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
    // Clocks jump over midnight.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', 23],
    ['Asia/Beirut', '2024-03-31', '2024-03-30T22:00:00.000Z', 23],
    // Set back over midnight: the hour before it comes twice.
    ['America/Sao_Paulo', '2019-02-16', '2019-02-16T02:00:00.000Z', 25],
    // Set back from a minute past midnight: the day has begun before the one before it comes again.
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30:00.000Z', 25],
    // Midnight comes twice.
    ['America/Havana', '2025-11-02', '2025-11-02T04:00:00.000Z', 25],
    ['Africa/Monrovia', '1970-01-01', '1970-01-01T00:44:30.000Z', 24],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24],
  ])('%s %s', (timezone, date, start, hours) => {
    const steps = stepsOf(day(timezone));
    expect(iso(steps.startOf(at(start)))).toBe(start);
    expect(iso(steps.startOf(at(start) - 1))).not.toBe(start);
    expect(steps.after(at(start)) - at(start)).toBe(hours * HOUR);
    expect(zoneOf(timezone)!.dayAt(at(start))).toBe(at(date) / DAY);
  });

  it('one that clocks jumped over is no step', () => {
    expect(startsOf(day('Pacific/Apia'), '2011-12-29T12:00:00Z', '2012-01-01T00:00:00Z')).toEqual([
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ]);
  });
});

it('weeks begin on Monday, months on the first', () => {
  const week: CalendarStep = { unit: 'week', timezone: 'Europe/Berlin' };
  expect(startsOf(week, '2026-03-25T00:00:00Z', '2026-04-08T00:00:00Z')).toEqual([
    '2026-03-22T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
    '2026-04-05T22:00:00.000Z',
  ]);
  const month: CalendarStep = { unit: 'month', timezone: 'UTC' };
  expect(startsOf(month, '2024-01-31T23:59:59Z', '2024-04-01T00:00:00Z')).toEqual([
    '2024-01-01T00:00:00.000Z',
    '2024-02-01T00:00:00.000Z',
    '2024-03-01T00:00:00.000Z',
  ]);
  expect(iso(stepsOf(month).startOf(0))).toBe('1970-01-01T00:00:00.000Z');
  expect(iso(stepsOf({ unit: 'week', timezone: 'UTC' }).startOf(0))).toBe('1969-12-29T00:00:00.000Z');
});

it('several days count from 1 January 1970, as they do in UTC', () => {
  const fixed = stepsOf(7 * DAY);
  const utc = stepsOf(day('UTC', 7));
  for (const t of [0, 1, at('2026-11-20T12:00:00Z')]) expect(utc.startOf(t)).toBe(fixed.startOf(t));
});

it('what stands a day before a day is the day before, however long', () => {
  const steps = stepsOf(day('Europe/Berlin'));
  const monday = at('2026-03-29T22:00:00Z');
  expect(iso(steps.back(monday, DAY))).toBe('2026-03-28T23:00:00.000Z');
  expect(iso(steps.back(monday, 7 * DAY))).toBe('2026-03-22T23:00:00.000Z');
  expect(iso(steps.back(monday, HOUR))).toBe('2026-03-29T21:00:00.000Z');
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
];
const anyStep = fc.oneof(
  fc.constantFrom(1, 1_000, 90_000, HOUR, 7 * DAY),
  fc
    .tuple(fc.constantFrom<CalendarStep['unit']>('day', 'week', 'month'), fc.integer({ min: 1, max: 9 }))
    .chain(([unit, every]) =>
      fc
        .constantFrom(...ZONES)
        .map((timezone): CalendarStep => (unit === 'day' ? { unit, every, timezone } : { unit, timezone })),
    ),
);
const anyTime = fc.integer({ min: 0, max: at('2101-01-01T00:00:00Z') });

it('steps follow on one another without a gap, and are known by their names', () => {
  fc.assert(
    fc.property(anyStep, anyTime, (step, t) => {
      const steps = stepsOf(step);
      const start = steps.startOf(t);
      const next = steps.after(start);
      expect(start).toBeLessThanOrEqual(t);
      expect(next).toBeGreaterThan(t);
      expect(steps.startOf(start)).toBe(start);
      expect(steps.startOf(next - 1)).toBe(start);
      expect(steps.startOf(next)).toBe(next);
      expect(startFrom(steps, t)).toBe(t === start ? t : next);
      expect(next - start).toBeLessThanOrEqual(steps.usualMs + HOUR);
      expect(countSteps(steps, start, next)).toBe(1);
      if (typeof step !== 'number') expect(readStep(nameOfStep(step), step.timezone)).toEqual(step);
    }),
    { numRuns: 1_000 },
  );
});

it('an instant is shown at the step that shows its part of the past', () => {
  const anyOffset = fc.constantFrom(0, 1, 15_000, 90 * MINUTE, DAY, 7 * DAY, 30 * DAY, 36 * HOUR);
  fc.assert(
    fc.property(anyStep, anyTime, anyOffset, (step, t, offset) => {
      const steps = stepsOf(step);
      const shown = stepOfSample(steps, t, offset);
      expect(steps.startOf(shown)).toBe(shown);
      expect(steps.back(shown, offset)).toBeLessThanOrEqual(t);
      expect(steps.back(steps.after(shown), offset)).toBeGreaterThan(t);
    }),
    { numRuns: 1_000 },
  );
});

it.each(['', 'Mars/Olympus', '+02:00', 'Europe/Berlin; drop table', '../etc/passwd', 'x'.repeat(99)])(
  '%j is no time zone',
  (name) => {
    expect(zoneOf(name)).toBeNull();
  },
);

it('reaches to the ends of time', () => {
  const steps = stepsOf(day('Europe/Berlin'));
  for (const t of [8.64e15, 8.64e15 - 1, -8.64e15]) expect(Number.isFinite(steps.startOf(t))).toBe(true);
});
