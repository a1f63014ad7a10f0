import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectSameGroups } from '@/test/support/expect-points';
import { useHistoryNodes } from '@/test/support/history-nodes';
import { naiveGroups, naivePoints, type Samples } from '@/test/support/naive';
import type { TestSample } from '@/test/support/node';
import type { Aggregate } from '../model/aggregates';
import type { Labels } from '../model/labels';
import type { GroupPoints, Point } from '../model/points';
import { MINUTE, SECOND } from '../model/time/duration';

const nodes = useHistoryNodes({ settings: { RETENTION_RAW: 'forever' } });
const { ask, freshMetric } = nodes;

interface Sample {
  host: string;
  timestamp: number;
  value: number;
}

const toTest = (name: string, samples: readonly Sample[]): TestSample[] =>
  samples.map(({ host, timestamp, value }) => ({ name, labels: { host }, timestamp, value }));

const groupsOf = (samples: readonly Sample[], by: string) =>
  naiveGroups(samples, (host) => (by === '' ? '' : host));

const before = (group: readonly Samples[], offset: number): Samples[] =>
  group.map((samples) => samples.map(([t, value]) => [t + offset, value] as const));

type Operation = (a: number, b: number) => number | null;
const EXPRESSIONS: Record<string, Operation> = {
  'a - b': (a, b) => a - b,
  'a / b': (a, b) => (b === 0 ? null : a / b),
  '100 * a / (a + b)': (a, b) => (a + b === 0 ? null : (100 * a) / (a + b)),
  '-a + 2 * b': (a, b) => -a + 2 * b,
};

describe('an offset and arithmetic', () => {
  it('are those of the definitions, in memory, in the database and where they meet', async () => {
    const anySample = fc.record({
      host: fc.constantFrom('h0', 'h1', 'h2'),
      ageMs: fc.integer({ min: 0, max: 8 * MINUTE }).map((age) => age - (age % 250)),
      value: fc.integer({ min: -3, max: 9 }),
    });
    const anyQuestion = fc.record({
      step: fc.constantFrom(1, 7, 10, 60).map((seconds) => seconds * SECOND),
      aggregates: fc.constantFrom<Aggregate[]>(['avg'], ['sum', 'max'], ['rate'], ['count', 'p90']),
      by: fc.constantFrom('', 'host'),
      offset: fc.constantFrom(0, 0, 15 * SECOND, 90 * SECOND),
      other: fc.constantFrom(0, 15 * SECOND, 61 * SECOND),
      expression: fc.constantFrom(null, ...Object.keys(EXPRESSIONS)),
      rank: fc.constantFrom<Record<string, string>>({}, { top: '2' }, { bottom: '1', rank: 'range' }),
      windowMs: fc.constantFrom(1, 30 * SECOND, 3 * MINUTE, 20 * MINUTE),
    });
    const anySamples = fc.array(anySample, { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(anyQuestion, anySamples, anySamples, async (question, ofA, ofB) => {
        const { step, aggregates, by, offset, other, expression, rank, windowMs } = question;
        const node = await nodes.start({ windowMs });
        const names = [freshMetric(), freshMetric()];
        const now = nodes.server.clock.now();
        const [a, b] = [ofA, ofB].map((samples) =>
          samples.map(({ ageMs, ...sample }) => ({ ...sample, timestamp: now - ageMs })),
        );
        await node.write(...toTest(names[0], a), ...toTest(names[1], b));
        node.ring.evict(now);
        const answer = await ask({
          metric: names[0],
          start: 'now-6m',
          step: `${step}ms`,
          aggregate: aggregates.join(),
          by,
          offset: `${offset}ms`,
          ...(expression && { expression, 'b.metric': names[1], 'b.offset': `${other}ms` }),
          ...rank,
        });

        const groupsOfB = groupsOf(b, by);
        const evaluate = (
          key: string,
          group: Samples[],
          range: { start: number; end: number; step: number },
        ) => {
          const left = naivePoints(before(group, offset), { aggregates, ...range });
          if (!expression) return left;
          const right = naivePoints(before(groupsOfB.get(key) ?? [], other), { aggregates, ...range });
          return left.flatMap(([t, ...values]) => {
            const same = right.find((point) => point[0] === t);
            const results = values.map((value, i) => {
              const theirs = same?.[i + 1] ?? null;
              return value === null || theirs === null ? null : EXPRESSIONS[expression](value, theirs);
            });
            return results.some((result) => result !== null) ? [[t, ...results] as Point] : [];
          });
        };
        const { start, end } = answer;
        const groups = [...groupsOf(a, by)].sort(([x], [y]) => (x < y ? -1 : 1));
        const matched = groups.filter(([key]) => !expression || groupsOfB.has(key));
        const expected = matched.map(([key, group]) => ({
          labels: (by === '' ? {} : { host: key }) as Labels,
          points: evaluate(key, group, { start, end, step }),
          whole: evaluate(key, group, { start, end, step: end - start })[0]?.[1] ?? null,
        }));
        expectSameGroups(answer.series, ranked(expected, rank, aggregates.length));
        const isNoted = answer.notes?.some(({ code }) => code === 'unmatched_groups') ?? false;
        expect(isNoted).toBe(matched.length < groups.length);
        expect(answer.expression ?? null).toBe(expression);
        await node.stop();
      }),
      { numRuns: 120, endOnFailure: true },
    );
  });

  it('names the groups of a that b lacks', async () => {
    const node = await nodes.start();
    const [a, b] = [freshMetric(), freshMetric()];
    const timestamp = nodes.server.clock.now() - SECOND;
    await node.write(
      ...toTest(
        a,
        ['x', 'y'].map((host) => ({ host, timestamp, value: 1 })),
      ),
      ...toTest(b, [{ host: 'x', timestamp, value: 4 }]),
    );
    const answer = await ask({ metric: a, by: 'host', step: '1s', expression: '100*a/b', 'b.metric': b });
    expect(answer).toMatchObject({
      expression: '100 * a / b',
      unit: '',
      series: [{ labels: { host: 'x' } }],
    });
    expect(answer.series[0].points[0][1]).toBe(25);
    expect(answer.notes).toEqual([
      {
        code: 'unmatched_groups',
        message: 'b has no group for 1 of a, which are left out: {"host":"y"}.',
      },
    ]);
    await expect(ask({ metric: a, expression: 'a/b', 'b.metric': 'nobody_sent' })).rejects.toMatchObject({
      code: 'unknown_metric',
    });
  });
});

/** The groups that the ranking keeps; with a single aggregate, only those with a value over the range. */
function ranked(
  groups: Array<GroupPoints & { whole: number | null }>,
  rank: Record<string, string>,
  aggregates: number,
): GroupPoints[] {
  const sign = rank.top ? -1 : 1;
  const rankOf = ({ points, whole }: (typeof groups)[number]) =>
    rank.rank === 'range' ? whole : (points.at(-1)?.[1] ?? null);
  const some = groups.filter(({ points, whole }) =>
    rank.rank === 'range' ? aggregates > 1 || whole !== null : points.length > 0,
  );
  if (rank.top || rank.bottom)
    some.sort((x, y) => {
      const [left, right] = [rankOf(x), rankOf(y)];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return Math.abs(left - right) < 1e-9 ? 0 : sign * (left - right);
    });
  const kept = some.slice(0, Number(rank.top ?? rank.bottom ?? some.length));
  return kept.filter(({ points }) => points.length > 0).map(({ labels, points }) => ({ labels, points }));
}
