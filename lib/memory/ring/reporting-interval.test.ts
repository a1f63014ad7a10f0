import { describe, expect, test } from 'vitest';
import { goneAfterMs, lateAfterMs, statusOf } from '../../model/fleet/status';
import { MINUTE, SECOND } from '../../model/time/duration';
import { intervalOfSamples, ReportingInterval, usualGap } from './reporting-interval';
import { SampleBuffer } from './sample-buffer';

const START = 1_795_200_000_000;

function intervalOf(offsetsMs: readonly number[]): number | null {
  const interval = new ReportingInterval();
  for (const offset of offsetsMs) interval.note(START + offset);
  return interval.intervalMs;
}

describe('the usual interval of a host', () => {
  test('is unknown until it has reported twice', () => {
    expect(intervalOf([])).toBeNull();
    expect(intervalOf([0])).toBeNull();
    expect(intervalOf([0, 1_000])).toBe(1_000);
  });

  test('is that of its rounds, not of the samples measured one after the other within a round', () => {
    const round = [0, 5, 10, 300, 850];
    const offsets = [0, 1, 2, 3].flatMap((minute) => round.map((ms) => minute * MINUTE + ms));
    expect(intervalOf(offsets)).toBe(MINUTE);
  });

  test('survives an outage, and follows a change of pace', () => {
    const steady = Array.from({ length: 8 }, (_, i) => i * 10_000);
    expect(intervalOf([...steady, 70_000 + 20 * MINUTE])).toBe(10_000);
    const slower = Array.from({ length: 8 }, (_, i) => 70_000 + (i + 1) * MINUTE);
    expect(intervalOf([...steady, ...slower])).toBe(MINUTE);
  });

  test('is read from stored timestamps when no sample has arrived yet', () => {
    const samples = new SampleBuffer();
    expect(intervalOfSamples(samples)).toBeNull();
    for (const offset of [0, 30_000, 60_000]) samples.insert(START + offset, 1);
    expect(intervalOfSamples(samples)).toBe(30_000);
  });

  test('is a whole number of seconds where jitter is noise', () => {
    expect(usualGap([60_012, 59_991, 60_004])).toBe(MINUTE);
    expect(usualGap([1_004])).toBe(1_004);
  });
});

describe('status', () => {
  test.each([
    { intervalMs: SECOND, lateMs: 15 * SECOND, goneMs: 5 * MINUTE },
    { intervalMs: MINUTE, lateMs: 3 * MINUTE, goneMs: 10 * MINUTE },
    { intervalMs: 60 * MINUTE, lateMs: 180 * MINUTE, goneMs: 600 * MINUTE },
    { intervalMs: null, lateMs: 45 * SECOND, goneMs: 5 * MINUTE },
  ])(
    'of a host reporting every $intervalMs ms turns at $lateMs and $goneMs',
    ({ intervalMs, lateMs, goneMs }) => {
      expect(lateAfterMs(intervalMs)).toBe(lateMs);
      expect(goneAfterMs(intervalMs)).toBe(goneMs);
      expect(statusOf(lateMs - 1, intervalMs)).toBe('reporting');
      expect(statusOf(lateMs, intervalMs)).toBe('late');
      expect(statusOf(goneMs - 1, intervalMs)).toBe('late');
      expect(statusOf(goneMs, intervalMs)).toBe('gone');
    },
  );
});
