import { expect, test } from 'vitest';
import type { PromqlSeries } from '@/lib/model/wire/promql';
import { mergeSteps, newestUrl, readRangeBody } from './promql-points';

const question = { query: 'sum(up)', start: 'now-10m', end: 'now', step: '10s' };
const T = 1_795_200_000_000;
const answer = (series: PromqlSeries['series'], part: Partial<PromqlSeries> = {}): PromqlSeries => ({
  kind: 'series',
  start: T - 600_000,
  end: T,
  step: 10_000,
  series,
  isCut: false,
  notes: [],
  asOf: T,
  ...part,
});
const asked = (url: string) => Object.fromEntries(new URL(url, 'http://x').searchParams);

test('asks for the newest steps only, and for all of them where a part is not enough', () => {
  expect(asked(newestUrl(question, answer([]), T + 12_345, false))).toMatchObject({
    query: 'sum(up)',
    start: String((T - 60_000) / 1_000),
    end: String((T + 10_000) / 1_000),
    step: '10',
  });
  const whole = String((T - 590_000) / 1_000);
  expect(asked(newestUrl(question, answer([]), T + 12_345, true)).start).toBe(whole);
  // The page was asleep for an hour, or its clock was an hour ahead.
  const later = asked(newestUrl(question, answer([]), T + 3_600_000, false));
  expect(later.start).toBe(String((T + 3_000_000) / 1_000));
  const ahead = answer([], { end: T + 3_600_000 });
  expect(asked(newestUrl(question, ahead, T + 12_345, false)).start).toBe(whole);
});

test('reads what Prometheus answers; values that are no finite numbers are gaps', () => {
  const url = newestUrl(question, answer([]), T, false);
  const values: Array<[number, string]> = [
    [T / 1_000 - 30, '1.5'],
    [T / 1_000 - 20, 'NaN'],
    [T / 1_000 - 10, '+Inf'],
    [T / 1_000, '-0'],
  ];
  const read = readRangeBody(
    url,
    { data: { result: [{ metric: { a: 'b' }, values }] }, warnings: ['w'], infos: ['i'] },
    T + 1,
  );
  expect(read.series).toEqual([
    {
      labels: { a: 'b' },
      points: [
        [T - 30_000, 1.5],
        [T, -0],
      ],
    },
  ]);
  expect(read).toMatchObject({ start: T - 60_000, end: T, notes: ['w', 'i'], isCut: false, asOf: T + 1 });
});

test('newer steps take the place of older ones, and what has left the window goes', () => {
  const a = { labels: { host: 'a' } };
  const b = { labels: { host: 'b' } };
  const last = answer([
    {
      ...a,
      points: [
        [T - 600_000, 1],
        [T - 300_000, 2],
        [T - 10_000, 3],
        [T, 4],
      ],
    },
    { ...b, points: [[T, 9]] },
  ]);
  const next = answer(
    [
      {
        ...a,
        points: [
          [T, 5],
          [T + 10_000, 6],
        ],
      },
    ],
    { start: T - 10_000, end: T + 20_000 },
  );
  const merged = mergeSteps(last, next, 600_000);
  expect(merged.series).toEqual([
    {
      ...a,
      points: [
        [T - 300_000, 2],
        [T, 5],
        [T + 10_000, 6],
      ],
    },
  ]);
  expect(merged).toMatchObject({ start: T - 590_000, end: T + 20_000 });
});

test('more lines than can be told apart are left out', () => {
  const many = Array.from({ length: 101 }, (_, i) => ({
    labels: { i: String(i) },
    points: [[T, i] as [number, number]],
  }));
  const merged = mergeSteps(answer([]), answer(many), 600_000);
  expect(merged.series).toHaveLength(100);
  expect(merged.isCut).toBe(true);
});
