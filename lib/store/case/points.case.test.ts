import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyAggregates } from '@/test/support/aggregates';
import { expectSamePoints } from '@/test/support/expect-points';
import { anyFloat64 } from '@/test/support/float64';
import type { Aggregate } from '../../model/aggregates';
import { tierForStep } from '../../model/rollup/tiers';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import type { Store } from '../store';
import {
  type Bench,
  type EngineUnderTest,
  maintainAll,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';
import { EPOCH, operation, RUN_MS, SPAN, STEPS, World } from './metric-world';

const FOREVER = { RETENTION_RAW: 'forever' };

export function pointsCases(engine: EngineUnderTest): void {
  describe('points', () => {
    let bench: Bench;
    let store: Store;
    beforeAll(async () => {
      bench = await setUp(engine, FOREVER);
      store = bench.store;
    });
    afterAll(() => bench.close());

    it('are those of the definitions, whatever was late, doubled, missing, rolled up or not', async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 3, maxLength: 14 }), async (operations) => {
          const run = runs++;
          const world = await World.create(store, `property_${run}`, EPOCH + run * RUN_MS);
          for (const step of operations) await world.perform(step);
          for (const step of STEPS)
            await world.perform({
              do: 'ask',
              aggregates: ['avg', 'count', 'increase'],
              step,
              shift: 0,
              isUneven: false,
              at: 0,
              points: SPAN,
              grouping: [0, 0, 0, 0],
            });
        }),
        { numRuns: 30, endOnFailure: true },
      );
    });

    it('are right over the whole range of float64, in every tier', async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(
              fc.nat({ max: 2 }),
              fc.constantFrom(0, 50 * MINUTE, 23 * HOUR),
              fc.nat({ max: 150 }),
              anyFloat64,
            ),
            { minLength: 1, maxLength: 40 },
          ),
          fc.array(anyAggregates, { minLength: 2, maxLength: 2 }),
          fc.boolean(),
          async (given, questions, inTwoParts) => {
            const start = EPOCH + 31 * RUN_MS + 4 * runs * DAY;
            const world = await World.create(store, `whole_range_${runs++}`, start);
            const samples = given.map(([series, around, seconds, value]) => ({
              series,
              at: around + seconds * SECOND,
              value,
            }));
            const ask = async () => {
              for (const aggregates of [
                ['avg', 'sum', 'rate', 'increase', 'delta'] as Aggregate[],
                ...questions,
              ])
                for (const step of [10 * SECOND, MINUTE, HOUR, DAY])
                  await world.askRight({ aggregates, step, grouping: [0, 0, 1, 3] });
            };
            // What comes late comes to rows that are made already.
            const late = inTwoParts ? samples.splice(samples.length >> 1) : [];
            if (samples.length > 0) await world.perform({ do: 'append', samples });
            await ask();
            await maintainAll(store, start + 3.5 * DAY);
            await ask();
            if (late.length === 0) return;
            await world.perform({ do: 'append', samples: late });
            await ask();
            await maintainAll(store, start + 3.5 * DAY);
            await ask();
          },
        ),
        { numRuns: 8, endOnFailure: true },
      );
    });

    it('name the tier that could answer', async () => {
      const series = await makeSeries(store, 'tiers', 1);
      const ask = (step: number, aggregates: Aggregate[]) =>
        store.samples.readPoints({
          metricId: series.metricId,
          groups: [series.ids],
          wholeMetric: true,
          aggregates,
          start: 0,
          end: 30 * DAY,
          step,
        });
      for (const step of [10 * SECOND, MINUTE, 2 * HOUR, 5 * DAY])
        expect((await ask(step, ['avg'])).tier).toBe(tierForStep(step));
      expect((await ask(DAY, ['avg', 'p95'])).tier).toBe('raw');
    });

    it('of no series, and of groups without any, are none', async () => {
      const { metricId, ids } = await makeSeries(store, 'sparse', 1);
      const start = EPOCH - 10 * DAY;
      await store.samples.append(rowsOf([[ids[0], start, 1]]));
      const question = { metricId, aggregates: ['avg' as const], start, end: start + MINUTE, step: MINUTE };
      expect(
        (await store.samples.readPoints({ ...question, groups: [], wholeMetric: false })).groups,
      ).toEqual([]);
      expect(
        (await store.samples.readPoints({ ...question, groups: [[], ids], wholeMetric: true })).groups,
      ).toEqual([[], [[start, 1]]]);
    });

    it('of groups are those of their series alone, near to each other or far apart', async () => {
      const { metricId, ids } = await makeSeries(store, 'spread', 500);
      const start = EPOCH - 15 * DAY;
      await store.samples.append(rowsOf(ids.map((id, i) => [id, start, i])));
      const ask = async (groups: number[][]) => {
        const question = { metricId, aggregates: ['sum' as const], start, end: start + MINUTE, step: MINUTE };
        const answer = await store.samples.readPoints({ ...question, groups, wholeMetric: false });
        return answer.groups.map((points) => points.map(([, sum]) => sum));
      };
      expect(await ask([[ids[0], ids[2]], [ids[5]]])).toEqual([[2], [5]]);
      expect(await ask([[ids[499]], [ids[0], ids[2]]])).toEqual([[499], [2]]);
    });

    it('leave a counter out where nothing can be said of it', async () => {
      const series = await makeSeries(store, 'counters', 1);
      const start = EPOCH - 60 * DAY;
      const at = (ms: number, value: number): Triple => [series.ids[0], start + ms, value];
      await store.samples.append(
        rowsOf([
          at(0, 100),
          at(MINUTE, 160),
          at(2 * MINUTE, 30),
          at(14 * DAY + 2 * MINUTE + 1, 1_000),
          at(14 * DAY + 3 * MINUTE, 1_059),
        ]),
      );
      const ask = async () => {
        const points = [];
        for (const from of [start, start + 14 * DAY])
          points.push(
            ...(await pointsOf(store, series, {
              aggregates: ['increase', 'rate'],
              start: from,
              end: from + 10 * MINUTE,
              step: MINUTE,
            })),
          );
        return points;
      };
      const expected = [
        [start + MINUTE, 60, 1],
        // It began anew, at zero.
        [start + 2 * MINUTE, 30, 0.5],
        // Fourteen days and a millisecond unseen: nothing is known of 2m. 3m goes on from there.
        [start + 14 * DAY + 3 * MINUTE, 59, 59 / 59.999],
      ];
      expectSamePoints(await ask(), expected as never);
      await store.upkeep.maintain(EPOCH + 10 * RUN_MS);
      expectSamePoints(await ask(), expected as never);
    });

    it('include values that vanish when they are divided', async () => {
      const series = await makeSeries(store, 'tiny', 2);
      const start = EPOCH - 40 * DAY;
      const values = [0, Number.MIN_VALUE, 0, 0, 0];
      await store.samples.append(
        rowsOf(
          series.ids.flatMap((id) => values.map((value, i): Triple => [id, start + i * 2 * SECOND, value])),
        ),
      );
      const ask = (aggregates: Aggregate[], step: number) =>
        pointsOf(store, series, { aggregates, start, end: start + DAY, step });
      for (const _ of range(2)) {
        for (const step of [MINUTE, HOUR, DAY]) {
          expect(await ask(['avg', 'sum'], step)).toEqual([[start, 0, 2 * Number.MIN_VALUE]]);
          expect(await ask(['rate', 'increase'], step)).toEqual([[start, 0, 2 * Number.MIN_VALUE]]);
        }
        await store.upkeep.maintain(EPOCH + 400 * RUN_MS);
      }
    });

    it('keep the digits of a deviation far from zero', async () => {
      const series = await makeSeries(store, 'far', 3);
      const start = EPOCH - 110 * DAY;
      await store.samples.append(
        rowsOf(
          series.ids.flatMap((id, k) =>
            range(500).map((i): Triple => [id, start + i * SECOND, 1.7e12 + k * 1e3 + (i % 10)]),
          ),
        ),
      );
      const question = { start, end: start + 10 * MINUTE, step: 10 * MINUTE };
      const aggregates: Aggregate[] = ['stddev', 'avg(stddev)', 'stddev(first)', 'p50', 'stddev(p0)'];
      const [[, ...found]] = await pointsOf(store, series, { ...question, aggregates });
      const within = 8.25;
      const between = 2e6 / 3;
      const expected = [within + between, within, between].map(Math.sqrt);
      expectSamePoints([[0, ...found]], [[0, ...expected, 1.7e12 + 1_004.5, expected[2]]]);
    });

    it('are the last value of float64 for what is beyond', async () => {
      const series = await makeSeries(store, 'absurd', 2);
      const start = EPOCH - 90 * DAY;
      const { MAX_VALUE: MAX } = Number;
      const values = [MAX, MAX, -MAX, MAX, 1];
      await store.samples.append(
        rowsOf(series.ids.flatMap((id) => values.map((value, i): Triple => [id, start + i * SECOND, value]))),
      );
      const ask = (aggregates: Aggregate[], step: number) =>
        pointsOf(store, series, { aggregates, start, end: start + DAY, step });
      for (const _ of range(2)) {
        for (const step of [MINUTE, HOUR, DAY])
          expectSamePoints(await ask(['avg', 'sum', 'max', 'last', 'count'], step), [
            [start, (4 / 10) * MAX, MAX, MAX, 1, 10],
          ]);
        await store.upkeep.maintain(EPOCH + 400 * RUN_MS);
      }
    });
  });
}
