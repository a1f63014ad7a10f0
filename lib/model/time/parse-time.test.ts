import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from './duration';
import { parseTime, problemWithTime } from './parse-time';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);

describe('parseTime', () => {
  it.each([
    ['1795200000000', 1_795_200_000_000],
    ['0', 0],
    ['now', NOW],
    ['now-15m', NOW - 15 * MINUTE],
    ['now-7d', NOW - 7 * DAY],
    ['now-90y', 0],
    ['2026-11-20T12:00:00Z', NOW],
    ['2026-11-20T12:00Z', NOW],
    ['2026-11-20T12:00:00.250Z', NOW + 250],
    ['2026-11-20T14:00:00+02:00', NOW],
    ['2026-11-20T14:00:00+0200', NOW],
    ['2026-11-20T14:00:00 02:00', NOW],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    'now-',
    'now-forever',
    'now+1h',
    'now-1h30m',
    '-5',
    '1e12',
    '99999999999999999',
    '9999999999999999',
    '2026-11-20',
    '2026-11-20T12:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-20T25:00:00Z',
    '1960-01-01T00:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseTime(text, NOW)).toBeNull();
  });
});

describe('problemWithTime', () => {
  it.each([
    ['1795200000', 'looks like seconds; milliseconds are expected'],
    ['1795200000000000', 'looks like microseconds; milliseconds are expected'],
    ['1795200000000000000', 'looks like nanoseconds; milliseconds are expected'],
    ['yesterday', expect.stringContaining('must be epoch milliseconds')],
    ['99999999999999999999999', expect.stringContaining('must be epoch milliseconds')],
  ])('%s %s', (text, problem) => {
    expect(problemWithTime(text)).toEqual(problem);
  });

  it.each(['0', '1', '1795200000000', '8640000000000000', 'now', 'now-90y', '2026-11-20T12:00:00Z'])(
    'has none about %s',
    (text) => {
      expect(problemWithTime(text)).toBeNull();
    },
  );
});
