import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyAggregates } from '@/test/support/aggregates';
import { expectSamePoints } from '@/test/support/expect-points';
import { alignDown } from '../../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import {
  type Bench,
  engineUnderTest,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from '../case/engine-under-test';

const SERIES = 5;
const EPOCH = Date.UTC(2026, 9, 1);
const RUN_MS = 5 * DAY;
const STEPS = [10 * SECOND, MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY];
const engines: Bench[] = [];

beforeAll(async () => {
  for (const name of ['postgres', 'timescale'] as const)
    engines.push(await setUp(engineUnderTest(name), { RETENTION_RAW: 'forever' }));
});
afterAll(() => Promise.all(engines.map(({ close }) => close())));

const time = fc
  .tuple(fc.constantFrom(0, 3 * HOUR, DAY - MINUTE, 2 * DAY), fc.nat({ max: 20 * MINUTE }))
  .map(([around, within]) => around + within);
const sample = fc.tuple(
  fc.nat({ max: SERIES - 1 }),
  time,
  fc.oneof(fc.integer({ min: -3, max: 30 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })),
);
/** Samples of one append, and until when upkeep is done after it; null: not at all. */
const round = fc.tuple(
  fc.uniqueArray(sample, { minLength: 1, maxLength: 80, selector: ([series, t]) => `${series} ${t}` }),
  fc.option(fc.oneof(time, fc.constant(4 * DAY))),
);
const question = fc.record({
  aggregates: anyAggregates,
  step: fc.constantFrom(...STEPS),
  at: time,
  points: fc.integer({ min: 1, max: 60 }),
  grouping: fc.array(fc.nat({ max: 2 }), { minLength: SERIES, maxLength: SERIES }),
});

it('say the same of the same samples, whatever is asked', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(round, { minLength: 1, maxLength: 6 }),
      fc.array(question, { minLength: 1, maxLength: 8 }),
      async (rounds, questions) => {
        const run = runs++;
        const base = EPOCH + run * RUN_MS;
        const series = await Promise.all(
          engines.map(({ store }) => makeSeries(store, `compared_${run}`, SERIES)),
        );
        for (const [samples, upTo] of rounds) {
          const [one, other] = await Promise.all(
            engines.map(async ({ store }, e) => {
              const rows = samples.map(([s, t, value]): Triple => [series[e].ids[s], base + t, value]);
              const duplicates = await store.samples.append(rowsOf(rows));
              if (upTo !== null) await store.upkeep.maintain(base + upTo);
              return duplicates;
            }),
          );
          expect(other).toEqual(one);
        }
        for (const { aggregates, step, at, points, grouping } of questions) {
          const start = alignDown(base + at, step);
          const [one, other] = await Promise.all(
            engines.map(({ store }, e) =>
              store.samples.readPoints({
                metricId: series[e].metricId,
                groups: range(2).map((group) => series[e].ids.filter((_, i) => grouping[i] === group)),
                wholeMetric: grouping.every((group) => group < 2),
                aggregates,
                start,
                end: start + points * step,
                step,
              }),
            ),
          );
          expect(other.tier).toBe(one.tier);
          other.groups.forEach((group, i) => {
            expectSamePoints(group, one.groups[i]);
          });
        }
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
}, 240_000);
