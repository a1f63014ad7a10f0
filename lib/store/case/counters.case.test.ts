import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectSamePoints } from '@/test/support/expect-points';
import { naivePoints } from '@/test/support/naive';
import type { Aggregate } from '../../model/aggregates';
import { alignDown, alignUp } from '../../model/points';
import { COUNTER_GAP_MS } from '../../model/samples';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import type { Store } from '../store';
import {
  type Bench,
  type EngineUnderTest,
  inOrder,
  maintainAll,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = Date.UTC(2026, 10, 20);
/** The second is answered in another way where increases are stored. */
const QUESTIONS: ReadonlyArray<readonly Aggregate[]> = [
  ['increase', 'rate', 'max(rate)', 'count'],
  ['delta', 'increase', 'first'],
];
const STEPS = [7 * SECOND, 5 * MINUTE, HOUR, 7 * DAY];

/** How far apart the samples of a series are, ms; each series has a rhythm of its own. */
const RHYTHMS: ReadonlyArray<(i: number) => number> = [
  // The audit's: every five minutes, now a little more, now a little less.
  (i) => 5 * MINUTE + ((i * 7_919) % 4_001) - 2_000,
  () => 10 * MINUTE,
  () => HOUR + 1,
  () => DAY,
  () => 7 * DAY,
  () => 13 * DAY + 23 * HOUR,
  () => 14 * DAY,
  () => 14 * DAY + HOUR,
  // One that stops for three days and comes back.
  (i) => (i % 20 === 19 ? 3 * DAY : 13 * SECOND),
];
const MOST_SAMPLES = 40;

export function countersCases(engine: EngineUnderTest): void {
  describe('counters', () => {
    let bench: Bench;
    afterEach(() => bench.close());

    describe('with all samples kept', () => {
      beforeEach(async () => {
        bench = await setUp(engine, { RETENTION_RAW: 'forever' });
      });

      it('of any rhythm grow by what they counted, before and after it is rolled up and late samples come', async () => {
        const world = await World.create(bench.store, RHYTHMS.length);
        const end = T + 45 * DAY;
        const samples = RHYTHMS.flatMap((pause, series) => {
          const times = [T + series * 1_009];
          while (times.length < MOST_SAMPLES && times.at(-1)! < end)
            times.push(times.at(-1)! + pause(times.length));
          // Every ninth begins anew, mostly during a pause.
          return times.map((t, i) => ({ series, t, value: i % 9 === 8 ? i : i * 1_000 + series }));
        });
        await world.append(samples);
        await world.expectTruth();
        await maintainAll(bench.store, end);
        await world.expectTruth();

        // One into every longest pause: it splits in two what was counted over it.
        const late = RHYTHMS.map((_, series) => {
          const times = samples.filter((sample) => sample.series === series).map(({ t }) => t);
          const pauses = times.slice(1).map((t, i) => t - times[i]);
          const longest = pauses.indexOf(Math.max(...pauses));
          return { series, t: times[longest] + Math.floor(pauses[longest] / 2), value: 500 };
        });
        await world.append(late);
        await world.expectTruth();
        // And once more, earlier in the same pauses, before upkeep has come to the first ones.
        await world.append(late.map(({ series, t }) => ({ series, t: t - 5 * SECOND, value: 200 })));
        await world.append(late);
        await world.expectTruth();
        await bench.store.upkeep.maintain(end);
        await world.expectTruth();
        await maintainAll(bench.store, end);
        await world.expectTruth();
      });

      it('go on from the last sample before a moment, of those that have one', async () => {
        const { metricId, ids } = await makeSeries(bench.store, 'anchored', 6);
        const at = (series: number, age: number, value: number): Triple => [ids[series], T - age, value];
        await bench.store.samples.append(
          rowsOf(
            inOrder([
              at(0, 1, 1),
              at(0, SECOND, 9),
              at(1, 3 * MINUTE, 2),
              at(2, 30 * HOUR, 3),
              at(2, -1, 9),
              at(3, COUNTER_GAP_MS, 4),
              at(4, COUNTER_GAP_MS + 2 * DAY, 5),
              at(5, 0, 6),
            ]),
          ),
        );
        const ask = async () => {
          const last = await bench.store.samples.readLast({ metricId, seriesIds: ids, before: T });
          return last.seriesIds
            .map((id, i) => [ids.indexOf(id), T - last.timestamps[i], last.values[i]])
            .sort();
        };
        const expected = [
          [0, 1, 1],
          [1, 3 * MINUTE, 2],
          [2, 30 * HOUR, 3],
          [3, COUNTER_GAP_MS, 4],
        ];
        expect(await ask()).toEqual(expected);
        await maintainAll(bench.store, T + 2 * MINUTE);
        expect(await ask()).toEqual(expected);
        await bench.store.samples.append(rowsOf([at(2, 29 * HOUR, 7)]));
        expected[2] = [2, 29 * HOUR, 7];
        expect(await ask()).toEqual(expected);
        await maintainAll(bench.store, T + 3 * DAY);
        expect(await ask()).toEqual(expected);
        expect(await bench.store.samples.readLast({ metricId, seriesIds: [], before: T })).toMatchObject({
          values: [],
        });
      });
    });

    describe('as samples and finer rollups go', () => {
      beforeEach(async () => {
        bench = await setUp(engine, { RETENTION_RAW: '2d', RETENTION_MINUTE: '4d', RETENTION_HOUR: '6d' });
      });

      it('go on from what only a rollup knows', async () => {
        const pauses = [HOUR, 3 * DAY, 5 * DAY, 7 * DAY, 13 * DAY + 23 * HOUR, 14 * DAY + HOUR];
        const world = await World.create(bench.store, pauses.length);
        await world.append(pauses.map((pause, series) => ({ series, t: T - pause + 5, value: 70 })));
        // Upkeep goes with the time, as if it had been here all along.
        for (const day of range(18)) await maintainAll(bench.store, T - (17 - day) * DAY);
        expect((await bench.store.upkeep.maintain(T)).partitionsDropped).toBe(0);
        await world.append(pauses.map((_, series) => ({ series, t: T + 5, value: series % 2 ? 100 : 10 })));
        await world.expectTruth(T);
        await maintainAll(bench.store, T + HOUR);
        await world.expectTruth(T);
        await maintainAll(bench.store, T + 2 * DAY);
        await world.expectTruth(T);
        const { seriesIds } = await bench.store.samples.readLast({
          metricId: world.metricId,
          seriesIds: world.ids,
          before: T,
        });
        expect(new Set(seriesIds)).toEqual(new Set(world.ids.slice(0, 5)));
      });

      it('are right whatever came when, as time goes by', async () => {
        let now = T;
        await fc.assert(
          fc.asyncProperty(fc.array(anyMoment, { minLength: 2, maxLength: 6 }), async (moments) => {
            const world = await World.create(bench.store, 3, `passing_${now}`);
            for (const { pauseMs, samples, isKept } of moments) {
              now += pauseMs;
              await world.append(
                samples.map(({ series, ageMs, value }) => ({ series, t: now - ageMs, value })),
              );
              if (isKept) await maintainAll(bench.store, now);
              await world.expectTruth(now - DAY);
            }
          }),
          { numRuns: 8, endOnFailure: true },
        );
      });
    });
  });
}

const anyMoment = fc.record({
  pauseMs: fc.oneof(
    fc.integer({ min: 1, max: 20 * MINUTE }),
    fc.constantFrom(HOUR, DAY, 3 * DAY, 5 * DAY, 9 * DAY, 13 * DAY, 15 * DAY),
  ),
  samples: fc.array(
    fc.record({
      series: fc.nat({ max: 2 }),
      ageMs: fc.oneof(fc.integer({ min: 0, max: 10 * MINUTE }), fc.integer({ min: 0, max: DAY })),
      value: fc.integer({ min: 0, max: 50 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  isKept: fc.boolean(),
});

/** A counter's series in the store, and the same in plain arrays. */
class World {
  private readonly samples: Array<Map<number, number>>;

  private constructor(
    private readonly store: Store,
    readonly metricId: number,
    readonly ids: number[],
  ) {
    this.samples = ids.map(() => new Map());
  }

  static async create(store: Store, count: number, metric = 'counted_total'): Promise<World> {
    const { metricId, ids } = await makeSeries(store, metric, count);
    return new World(store, metricId, ids);
  }

  async append(given: ReadonlyArray<{ series: number; t: number; value: number }>): Promise<void> {
    const unique = [...new Map(given.map((sample) => [`${sample.series} ${sample.t}`, sample])).values()];
    await this.store.samples.append(
      rowsOf(inOrder(unique.map(({ series, t, value }): Triple => [this.ids[series], t, value]))),
    );
    for (const { series, t, value } of unique)
      if (!this.samples[series].has(t)) this.samples[series].set(t, value);
  }

  /** Each series for itself and all of them together, around samples since `from`, at every step. */
  async expectTruth(from = 0): Promise<void> {
    const truth = this.samples.map((samples) => [...samples].sort((a, b) => a[0] - b[0]));
    const times = truth.flatMap((samples) => samples.map(([t]) => t)).filter((t) => t >= from);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    for (const step of STEPS) {
      const start = Math.max(alignDown(first, step), step < HOUR ? alignDown(last - 40 * step, step) : 0);
      await this.expectRange(truth, { start, end: alignUp(last + 1, step), step });
    }
    // Each sample that ends a pause, as the first of its range, and by itself.
    const pausing = truth.flatMap((samples) =>
      samples.filter(([t], i) => i > 0 && t - samples[i - 1][0] > HOUR),
    );
    for (const [t] of pausing.filter(([at]) => at >= from).slice(-3)) {
      await this.expectRange(truth, { start: t, end: t + 1, step: 1 });
      await this.expectRange(truth, {
        start: alignDown(t, MINUTE),
        end: alignDown(t, MINUTE) + HOUR,
        step: MINUTE,
      });
    }
  }

  private async expectRange(
    truth: ReadonlyArray<ReadonlyArray<[number, number]>>,
    question: { start: number; end: number; step: number },
  ): Promise<void> {
    const members = range(this.ids.length);
    for (const [groups, aggregates] of [
      [[members], QUESTIONS[0]],
      [[members], QUESTIONS[1]],
      [members.map((series) => [series]), QUESTIONS[0]],
    ] as const) {
      const { groups: answered } = await this.store.samples.readPoints({
        ...question,
        aggregates,
        metricId: this.metricId,
        groups: groups.map((group) => group.map((series) => this.ids[series])),
        wholeMetric: true,
      });
      groups.forEach((group, i) => {
        const expected = naivePoints(
          group.map((series) => truth[series]),
          { ...question, aggregates },
        );
        expectSamePoints(answered[i], expected);
      });
    }
  }
}
