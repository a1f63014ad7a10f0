import { describe, expect, test } from 'vitest';
import { Arrivals } from './arrivals';

const T = 1_795_200_000_000;

describe('arrivals per second', () => {
  test('count complete seconds only, the silent ones as 0', () => {
    const arrivals = new Arrivals(T - 5_000);
    arrivals.add(10, T);
    arrivals.add(5, T + 400);
    arrivals.add(30, T + 2_000);
    arrivals.add(99, T + 3_100);
    expect(arrivals.perSecond(T + 3_500, 3)).toBe(15);
    expect(arrivals.perSecond(T + 3_500, 1)).toBe(30);
  });

  test('become points of 5 s, the last one of the seconds it has so far', () => {
    const arrivals = new Arrivals(T - 60_000);
    for (let second = 0; second < 8; second++) arrivals.add(second < 5 ? 10 : 40, T + second * 1_000 + 500);
    expect(arrivals.points(T + 7_900).slice(-2)).toEqual([
      [T, 10],
      [T + 5_000, 40],
    ]);
    expect(arrivals.points(T + 7_900, T + 5_000)).toEqual([[T + 5_000, 40]]);
  });

  test('say nothing about seconds before they began to listen', () => {
    const arrivals = new Arrivals(T + 300);
    arrivals.add(1_000, T + 500);
    expect(arrivals.perSecond(T + 900, 10)).toBeNull();
    arrivals.add(20, T + 1_500);
    expect(arrivals.points(T + 2_000)).toEqual([[T, 20]]);
  });

  test('forget what is older than they keep, however long nobody asked', () => {
    const arrivals = new Arrivals(T - 1_000);
    arrivals.add(7, T);
    const later = T + 3_600_000;
    expect(arrivals.perSecond(later, 10)).toBe(0);
    expect(arrivals.points(later).every(([, count]) => count === 0)).toBe(true);
  });

  test('bear a clock that is set back', () => {
    const arrivals = new Arrivals(T - 2_000);
    arrivals.add(5, T);
    arrivals.add(5, T - 10_000);
    expect(arrivals.perSecond(T + 1_000, 1)).toBe(10);
  });
});
