import { expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/time/duration';
import { ArrivalLog } from './arrival-log';

const START = 1_000_000;

it('finds the earliest sample that arrived since', () => {
  const log = new ArrivalLog(10 * MINUTE, START);
  log.note('cpu', START - 50 * SECOND, START + 1_000);
  log.note('cpu', START + 29_000, START + 30_000);
  log.note('cpu', START + 20_000, START + 60_000);
  log.note('mem', 5, START + 60_000);
  expect(log.earliestSince('cpu', START)).toBe(START - 50 * SECOND);
  expect(log.earliestSince('cpu', START + 10_000)).toBe(START + 20_000);
  expect(log.earliestSince('cpu', START + 55_000)).toBe(START + 20_000);
  expect(log.earliestSince('cpu', START + 90_000)).toBe(Number.POSITIVE_INFINITY);
  expect(log.earliestSince('disk', START)).toBe(Number.POSITIVE_INFINITY);
});

it('knows how far back it reaches', () => {
  const log = new ArrivalLog(MINUTE, START);
  expect(log.reaches(START - 1)).toBe(false);
  expect(log.reaches(START)).toBe(true);
  for (let t = 0; t <= 2 * MINUTE; t += SECOND) log.note('cpu', START + t, START + t);
  expect(log.reaches(START + 30 * SECOND)).toBe(false);
  expect(log.reaches(START + MINUTE)).toBe(true);
  // What is still kept is complete.
  expect(log.earliestSince('cpu', START + MINUTE)).toBeLessThanOrEqual(START + MINUTE);
});

it('holds one entry a metric and some seconds, however much arrives', () => {
  const log = new ArrivalLog(MINUTE, START);
  for (let i = 0; i < 10_000; i++) log.note('cpu', START + i, START + i);
  const { slices } = log as unknown as { slices: unknown[] };
  expect(slices.length).toBeLessThanOrEqual(3);
});

it('does not lose what arrives after the clock was set back', () => {
  const log = new ArrivalLog(MINUTE, START);
  log.note('cpu', START, START + 20_000);
  log.note('cpu', START - 5, START + 10_000);
  expect(log.earliestSince('cpu', START + 10_000)).toBe(START - 5);
});
