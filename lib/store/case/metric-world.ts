import fc from 'fast-check';
import { expect } from 'vitest';
import { anyAggregates } from '@/test/support/aggregates';
import { expectCorrectPoints } from '@/test/support/expect-correct-points';
import { expectSamePoints } from '@/test/support/expect-points';
import { naivePoints } from '@/test/support/naive';
import type { Aggregate } from '../../model/aggregates';
import { alignDown, alignUp } from '../../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import type { Store } from '../store';
import { makeSeries, range, rowsOf, type Triple } from './engine-under-test';

const SERIES = 4;
export const STEPS = [1, 10 * SECOND, MINUTE, 5 * MINUTE, HOUR, 3 * HOUR, DAY];
/** How many points of a step a question of the property test spans at most. */
export const SPAN = 40;
/** What one run of the property test has for itself, so that upkeep of one does not hasten that of the next. */
export const RUN_MS = 45 * DAY;
export const EPOCH = Date.UTC(2026, 10, 20);

export type Operation =
  | { do: 'append'; samples: Array<{ series: number; at: number; value: number }> }
  | { do: 'maintain'; at: number }
  | {
      do: 'ask';
      aggregates: Aggregate[];
      step: number;
      shift: number;
      isUneven: boolean;
      at: number;
      points: number;
      grouping: number[];
    };

// Times bunch up: within minutes of a few moments over weeks, so that points hold many samples and some none, and
// pauses are of all lengths, on both sides of the longest one that counts.
const time = fc
  .tuple(
    fc.constantFrom(0, 5 * HOUR, DAY - MINUTE, DAY + 90 * SECOND, 2 * DAY, 9 * DAY, 16 * DAY, 30 * DAY),
    fc.integer({ min: 0, max: 12 * MINUTE }),
  )
  .map(([around, within]) => around + within);
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      samples: fc.array(
        fc.record({
          series: fc.nat({ max: SERIES - 1 }),
          at: time,
          // Small whole numbers make repeated values, resets and exact ties likely.
          value: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
        }),
        { minLength: 1, maxLength: 60 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('maintain' as const), at: fc.oneof(time, fc.constant(34 * DAY)) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      aggregates: anyAggregates,
      step: fc.constantFrom(...STEPS),
      // Steps need not be aligned to the epoch.
      shift: fc.constantFrom(0, 0, 0, 1, 7 * SECOND, MINUTE, HOUR),
      // Nor of one width, as months are not.
      isUneven: fc.boolean(),
      at: time,
      points: fc.integer({ min: 1, max: SPAN }),
      // The group each series is in; the last number stands for none.
      grouping: fc.array(fc.nat({ max: 3 }), { minLength: SERIES, maxLength: SERIES }),
    }),
  },
);

/** A metric of a few series in the store, and the same in plain arrays. */
export class World {
  private readonly samples: Array<Map<number, number>> = range(SERIES).map(() => new Map());

  private constructor(
    private readonly store: Store,
    private readonly base: number,
    private readonly metricId: number,
    private readonly ids: readonly number[],
  ) {}

  static async create(store: Store, metric: string, base: number): Promise<World> {
    const { metricId, ids } = await makeSeries(store, metric, SERIES);
    return new World(store, base, metricId, ids);
  }

  async perform(operation: Operation): Promise<void> {
    if (operation.do === 'append') await this.append(operation.samples);
    else if (operation.do === 'maintain') await this.store.upkeep.maintain(this.base + operation.at);
    else await this.ask(operation);
  }

  /** Asks about all there is; see `expectCorrectPoints`. */
  async askRight(asked: { aggregates: Aggregate[]; step: number; grouping: number[] }): Promise<void> {
    const { aggregates, step, grouping } = asked;
    const start = alignDown(this.base, step);
    const question = {
      aggregates,
      start,
      end: alignUp(this.base + Math.min(2 * DAY, 60 * step), step),
      step,
    };
    const members = [0, 1].map((group) => grouping.flatMap((of, series) => (of === group ? [series] : [])));
    const answer = await this.store.samples.readPoints({
      ...question,
      metricId: this.metricId,
      groups: members.map((group) => group.map((series) => this.ids[series])),
      wholeMetric: false,
    });
    members.forEach((group, i) => {
      const truth = group.map((series) => [...this.samples[series]].sort((a, b) => a[0] - b[0]));
      expectCorrectPoints(answer.groups[i], truth, question);
    });
  }

  private async append(samples: ReadonlyArray<{ series: number; at: number; value: number }>): Promise<void> {
    const unique = new Map(samples.map((sample) => [`${sample.series} ${sample.at}`, sample]));
    const sent = [...unique.values()];
    const there = sent.flatMap(({ series, at }, i) => (this.samples[series].has(this.base + at) ? [i] : []));
    const duplicates = await this.store.samples.append(
      rowsOf(sent.map(({ series, at, value }): Triple => [this.ids[series], this.base + at, value])),
    );
    expect(duplicates).toEqual(there);
    for (const { series, at, value } of sent) {
      const known = this.samples[series];
      if (!known.has(this.base + at)) known.set(this.base + at, value);
    }
  }

  private async ask({
    aggregates,
    step,
    shift,
    isUneven,
    at,
    points,
    grouping,
  }: Extract<Operation, { do: 'ask' }>): Promise<void> {
    const start = alignDown(this.base + at, step) - shift;
    const whole = { aggregates, start, end: start + points * step, step };
    const starts = range(points).flatMap((i) => (i % 5 === 1 || i % 5 === 4 ? [] : [start + i * step]));
    const members = [0, 1, 2].map((group) =>
      grouping.flatMap((of, series) => (of === group ? [series] : [])),
    );
    const answer = await this.store.samples.readPoints({
      ...whole,
      ...(isUneven && { starts }),
      metricId: this.metricId,
      groups: members.map((group) => group.map((series) => this.ids[series])),
      wholeMetric: grouping.every((group) => group < 3),
    });
    members.forEach((group, i) => {
      const truth = group.map((series) => [...this.samples[series]].sort((a, b) => a[0] - b[0]));
      const steps = starts.map((from, n) => ({ aggregates, start: from, end: starts[n + 1] ?? whole.end }));
      const expected = isUneven
        ? steps.flatMap((each) => naivePoints(truth, { ...each, step: each.end - each.start }))
        : naivePoints(truth, whole);
      expectSamePoints(answer.groups[i], expected);
    });
  }
}
