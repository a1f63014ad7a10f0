import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import { resolveQuestion } from '../../read/query/question';
import { readLiveQuestion } from './live-question';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const retention = { raw: 7 * DAY, minute: 90 * DAY, hour: 730 * DAY, day: Number.POSITIVE_INFINITY };
const history = {
  resolve: (params: Parameters<typeof resolveQuestion>[0], now: number) =>
    resolveQuestion(params, { now, retention }),
};
const read = (text: string, now = NOW) => readLiveQuestion(text, now, history);

describe('readLiveQuestion', () => {
  it('has a range that moves with the clock', () => {
    const { startAt, endAt, steps } = read('metric=cpu&start=now-1h');
    expect(steps.ms).toBe(10 * SECOND);
    expect(startAt(NOW)).toBe(NOW - HOUR);
    expect(startAt(NOW + MINUTE)).toBe(NOW - HOUR + MINUTE);
    expect(endAt(NOW + MINUTE)).toBe(Number.POSITIVE_INFINITY);
  });

  it('or one that stands', () => {
    const { startAt, endAt } = read(`metric=cpu&start=${NOW - HOUR}&end=${NOW + HOUR}`);
    expect(startAt(NOW + MINUTE)).toBe(NOW - HOUR);
    expect(endAt(NOW + MINUTE)).toBe(NOW + HOUR);
  });

  it('gives equal questions equal texts', () => {
    const texts = [
      'metric=cpu',
      'start=now-1h&metric=cpu&aggregate=avg&step=10s',
      'metric=cpu&maxPoints=600&end=now&by=',
    ];
    expect(new Set(texts.map((text) => read(text).text))).toEqual(new Set(['metric=cpu&step=10s']));
  });

  it('keeps apart what has come to different steps', () => {
    const growing = `metric=cpu&start=${NOW - HOUR}`;
    expect(read(growing).text).not.toBe(read(growing, NOW + 5 * HOUR).text);
  });

  it.each(['metric=cpu&end=now-1m', 'metric=cpu&start=now&end=now', 'metric=cpu&match={', 'start=now-1h'])(
    'refuses %s',
    (text) => {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
    },
  );
});
