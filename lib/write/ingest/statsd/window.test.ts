import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '@/lib/model/time/duration';
import { Dice } from '@/test/support/hostile-bodies';
import type { IncomingSample } from '../sample';
import { StatsdWindow } from './window';

const AT = 1_795_200_000_000;

function openWindow() {
  const results: Record<string, number> = {};
  const window = new StatsdWindow('web-1:8125', AT, (result) => {
    results[result] = (results[result] ?? 0) + 1;
  });
  return {
    window,
    results,
    take: (...lines: string[]) => {
      for (const line of lines) window.add(line);
    },
    /** Ends it after so many seconds: name, seconds, value. */
    end: (seconds: number) => [...window.end(AT + seconds * 1_000)].flat().map(short),
  };
}

const short = ({ name, labels: { le }, timestamp, value }: IncomingSample) => [
  le === undefined ? name : `${name} ${le}`,
  (timestamp - AT) / 1_000,
  value,
];

describe('a counter', () => {
  test('is all that was counted, beginning at zero', () => {
    const { take, end } = openWindow();
    take('hits:1|c', 'hits:2|c|@0.5', 'hits:1:1.5|c');
    expect(end(1)).toEqual([
      ['hits', 0, 0],
      ['hits', 1, 7.5],
    ]);
    take('hits:1|c');
    expect(end(2)).toEqual([['hits', 2, 8.5]]);
    expect(end(3)).toEqual([]);
  });

  test('counts for its window, and not for the pause before it', () => {
    const { take, end } = openWindow();
    take('hits:5|c');
    end(1);
    end(2);
    end(3);
    take('hits:1|c');
    expect(end(4)).toEqual([
      ['hits', 3, 5],
      ['hits', 4, 6],
    ]);
  });

  test('is one for its name and tags, however they are written', () => {
    const { take, end, window } = openWindow();
    take('a b:1|c|#x:1,y:2', 'a_b:1|c|#y:2,x:1', 'a_b:1|c|#x:1');
    expect(window.series).toBe(2);
    expect(end(1).filter(([, at]) => at === 1)).toEqual([
      ['a_b', 1, 2],
      ['a_b', 1, 1],
    ]);
  });

  test('never falls, and stays a number', () => {
    const { take, end, results } = openWindow();
    take('hits:3|c', 'hits:-1|c', 'hits:1:-1|c', 'hits:x|c', 'hits:|c');
    take('large:1e308|c', 'large:1e308|c', 'large:1|c|@1e-99', 'large:1e308|c|@0.001');
    expect(end(1)).toEqual([
      ['hits', 0, 0],
      ['hits', 1, 3],
      ['large', 0, 0],
      ['large', 1, 1e308],
    ]);
    expect(results).toEqual({ taken: 3, negative: 2, malformed: 4 });
  });
});

test('a gauge is what it was set to, and changed by since; of a window the last', () => {
  const { take, end } = openWindow();
  take('load:3|g', 'load:2|g', 'depth:+4|g', 'depth:-10|g', 'depth:+1|g');
  expect(end(1)).toEqual([
    ['load', 1, 2],
    ['depth', 1, -5],
  ]);
  take('depth:+2|g', 'depth:x|g');
  expect(end(2)).toEqual([['depth', 2, -3]]);
  take('load:1e308|g', 'load:+1e308|g');
  expect(end(3)).toEqual([['load', 3, 1e308]]);
});

test('a set is how many different members there were', () => {
  const { take, end } = openWindow();
  take('users:joe|s', 'users:ann:joe|s', 'users:joe|s', 'users:|s');
  expect(end(1)).toEqual([['users', 1, 3]]);
  take('users:joe|s');
  expect(end(2)).toEqual([['users', 2, 1]]);
});

describe('a timer', () => {
  test('is a histogram that only grows; a new bound begins with what was below it', () => {
    const { take, end } = openWindow();
    take('took:4|ms', 'took:3|ms|@0.5', 'took:0|ms');
    const zero: unknown[] = [
      ['took_count', 0, 0],
      ['took_sum', 0, 0],
      ['took_bucket 0', 0, 0],
      ['took_bucket 4', 0, 0],
      ['took_bucket +Inf', 0, 0],
    ];
    expect(end(1)).toEqual([
      ...zero,
      ['took_count', 1, 4],
      ['took_sum', 1, 10],
      ['took_bucket 0', 1, 1],
      ['took_bucket 4', 1, 4],
      ['took_bucket +Inf', 1, 4],
    ]);
    take('took:1.5|ms', 'took:1e15|ms');
    expect(end(2)).toEqual([
      ['took_bucket 2', 1, 1],
      [`took_bucket ${2 ** 1.5}`, 1, 1],
      ['took_count', 2, 6],
      ['took_sum', 2, 1e15 + 11.5],
      ['took_bucket 0', 2, 1],
      ['took_bucket 2', 2, 2],
      [`took_bucket ${2 ** 1.5}`, 2, 2],
      ['took_bucket 4', 2, 5],
      ['took_bucket +Inf', 2, 6],
    ]);
    expect(end(3)).toEqual([]);
    take('took:4|ms');
    expect(end(4).filter(([, at]) => at === 3)).toHaveLength(7);
  });

  test('puts every value below its bound, and no more than half as much again below', () => {
    const dice = new Dice(3);
    for (let i = 0; i < 500; i++) {
      const value = i < 120 ? 2 ** ((i - 40) / 2) : 10 ** (dice.next() * 17 - 5);
      const { take, end } = openWindow();
      take(`took:${value}|h`);
      const bounds = end(1).flatMap(([name, at, count]) => {
        const le = Number(String(name).split(' ')[1]);
        return at === 1 && count === 1 && le > 0 ? le : [];
      });
      const bound = Math.min(...bounds, Number.POSITIVE_INFINITY);
      expect(value).toBeLessThanOrEqual(bound);
      if (value <= 2 ** 40 && value > 2 ** -20) expect(value * 1.4143).toBeGreaterThan(bound);
    }
  });

  test('never falls, in whatever order and with whatever weights its values come', () => {
    const dice = new Dice(5);
    for (let round = 0; round < 50; round++) {
      const { take, end } = openWindow();
      const last = new Map<unknown, unknown>();
      for (let second = 1; second < 40; second++) {
        for (let i = dice.below(3); i > 0; i--)
          take(`took:${2 ** dice.below(12)}|ms|@0.${1 + dice.below(9)}`);
        for (const [name, , value] of end(second)) {
          expect(value, String(name)).toBeGreaterThanOrEqual(Number(last.get(name) ?? 0));
          last.set(name, value);
        }
      }
    }
  });

  test('takes all of a line or nothing', () => {
    const { take, end, results } = openWindow();
    take('took:1:x|ms', 'took:|ms', 'took:NaN|d', 'took:1e308|d', 'took:1e308|d');
    expect(end(1).find(([name, at]) => name === 'took_sum' && at === 1)).toEqual(['took_sum', 1, 1e308]);
    expect(results).toEqual({ malformed: 4, taken: 1 });
  });
});

test('a clock that goes back a little is waited for; one that goes back far is followed', () => {
  const { take, end } = openWindow();
  take('hits:1|c');
  end(10);
  take('hits:1|c');
  expect(end(5)).toEqual([]);
  expect(end(11)).toEqual([['hits', 11, 2]]);
  take('hits:1|c');
  expect(end(-100)).toEqual([
    ['hits', -100.001, 2],
    ['hits', -100, 3],
  ]);
});

test('samples are made some at a time, of what there was when the window ended', () => {
  const { take, end, window } = openWindow();
  // From the lowest bound to the highest, however few values there are.
  const all = () => {
    for (let i = 0; i < 2_000; i++) take(`took${i}:1e-6:1e12|ms`);
  };
  all();
  take('hits:1|c', 'users:joe|s');
  const portions = window.end(AT + 1_000)[Symbol.iterator]();
  const names = new Set<string>();
  let last: IncomingSample[] = [];
  for (let next = portions.next(); !next.done; next = portions.next()) {
    expect(next.value.length).toBeLessThan(5_500);
    for (const { name } of next.value) names.add(name);
    // What comes meanwhile is of the next window.
    if (last.length === 0) {
      all();
      take('hits:1|c', 'users:ann:joe|s');
    }
    last = next.value;
  }
  expect(names.size).toBe(3 * 2_000 + 2);
  expect(last.slice(-3).map(short)).toEqual([
    ['hits', 0, 0],
    ['hits', 1, 1],
    ['users', 1, 1],
  ]);
  const second = end(2);
  expect(second.slice(-2)).toEqual([
    ['hits', 2, 2],
    ['users', 2, 2],
  ]);
  expect(second.filter(([name]) => String(name).endsWith('_count')).every(([, , count]) => count === 4)).toBe(
    true,
  );
});

describe('what is held is bounded', () => {
  const BOUND = 64 * 2 ** 20;

  test('by a flood of names, which known ones survive, and which is forgotten', () => {
    const { take, end, window, results } = openWindow();
    take('hits:1|c');
    const long = 'flood'.padEnd(180, 'o');
    for (let i = 0; i < 40_000; i++) take(`${long}.${i}:1|c`);
    expect(results.full).toBeGreaterThan(0);
    expect(window.heldBytes).toBeLessThan(BOUND + 65_536);
    take('hits:1|c', 'late:1|c');
    expect(end(1).find(([name]) => name === 'late')).toBeUndefined();
    take('hits:1|c');
    expect(end(120)).toEqual([['hits', 120, 3]]);
    expect(window.series).toBe(1);
    expect(window.heldBytes).toBeLessThan(2_000);
    take('late:1|c');
    expect(window.series).toBe(2);
  });

  test('by members of sets, which are forgotten with their window', () => {
    const { take, end, window, results } = openWindow();
    const long = 'joe'.padEnd(2_000, 'e');
    for (let i = 0; i < 20_000; i++) take(`users:${long}${i}|s`);
    expect(results.full).toBeGreaterThan(0);
    expect(window.heldBytes).toBeLessThan(BOUND + 65_536);
    expect(end(1)).toEqual([['users', 1, results.taken]]);
    expect(window.heldBytes).toBeLessThan(2_000);
  });

  test('and what nothing is heard of is forgotten after an hour', () => {
    const { take, window } = openWindow();
    take('hits:1|c', 'took:1|ms');
    window.end(AT + 1_000);
    window.end(AT + HOUR);
    expect(window.series).toBe(2);
    window.end(AT + HOUR + 2 * MINUTE);
    expect([window.series, window.heldBytes]).toEqual([0, 0]);
  });
});

test('garbage counts as a line, and nothing of it is no number', () => {
  const dice = new Dice(23);
  const parts = [
    'a',
    ':',
    '|',
    '1',
    '-',
    '+',
    'c',
    'g',
    'ms',
    's',
    '@',
    '#',
    ',',
    '.',
    'e',
    '9',
    '_sc',
    '\0',
    '😀',
    '\ud800',
  ];
  const { window, results } = openWindow();
  for (let i = 0; i < 20_000; i++)
    window.add(`x${Array.from({ length: dice.below(20) }, () => dice.pick(parts)).join('')}`);
  expect(Object.values(results).reduce((sum, count) => sum + count, 0)).toBe(20_000);
  for (const { value, timestamp } of [...window.end(AT + 1_000)].flat())
    expect([Number.isFinite(value), Number.isInteger(timestamp)]).toEqual([true, true]);
});
