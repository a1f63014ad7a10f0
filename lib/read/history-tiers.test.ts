import fc from 'fast-check';
import { describe, it } from 'vitest';
import { anyAggregates } from '@/test/support/aggregates';
import { expectSameGroups } from '@/test/support/expect-points';
import { useHistoryNodes } from '@/test/support/history-nodes';
import { naiveGroups, naivePoints } from '@/test/support/naive';
import type { TestSample } from '@/test/support/node';
import type { Aggregate } from '../model/aggregates';
import type { GroupPoints } from '../model/points';
import { DAY, MINUTE, SECOND } from '../model/time/duration';

const nodes = useHistoryNodes();
const { ask, freshMetric } = nodes;

interface Sampled {
  host: number;
  ageMs: number;
  value: number;
}

interface Asked {
  step: number;
  aggregates: Aggregate[];
  by: string;
  ranking: Record<string, string>;
  windowMs: number;
  restarts: boolean;
}

/** Neither host has a value to be ranked by, and only one has a point: it is the first. */
const RANKED_BY_NOTHING: [Sampled[], Asked] = [
  [
    { host: 2, ageMs: 135_143_750, value: 191 },
    { host: 3, ageMs: 0, value: 177 },
  ],
  {
    step: SECOND,
    aggregates: ['rate', 'min(min)'],
    by: 'host',
    ranking: { top: '1', rank: 'range' },
    windowMs: 30 * SECOND,
    restarts: true,
  },
];

describe('memory and the database', () => {
  it('answer alike, and as the definitions say', async () => {
    const anySample: fc.Arbitrary<Sampled> = fc.record({
      host: fc.nat(3),
      ageMs: fc
        .oneof(
          { weight: 6, arbitrary: fc.integer({ min: 0, max: 11 * MINUTE }) },
          // What a counter goes on from may be of days ago.
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 * DAY }) },
        )
        .map((age) => age - (age % 250)),
      value: fc.integer({ min: -40, max: 400 }),
    });
    const anyQuestion: fc.Arbitrary<Asked> = fc.record({
      step: fc.constantFrom(1, 5, 10, 60, 300).map((seconds) => seconds * SECOND),
      aggregates: anyAggregates,
      by: fc.constantFrom('', 'host', 'zone'),
      ranking: fc.constantFrom<Record<string, string>>(
        {},
        { top: '2' },
        { bottom: '2' },
        { top: '1', rank: 'range' },
        { bottom: '3', rank: 'range' },
      ),
      windowMs: fc.constantFrom(1, 30 * SECOND, 7 * MINUTE, 20 * MINUTE),
      // Restarted, a node knows nothing of before.
      restarts: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySample, { minLength: 1, maxLength: 120 }),
        anyQuestion,
        async (samples, { step, aggregates, by, ranking, windowMs, restarts }) => {
          let node = await nodes.start({ windowMs });
          const name = freshMetric();
          const half = Math.floor(samples.length / 2);
          const written: TestSample[] = [];
          const write = async (some: Sampled[]) => {
            const now = nodes.server.clock.now();
            const sent = some.map(
              ({ host, ageMs, value }): TestSample => ({
                name,
                labels: { host: `h${host}`, zone: `z${host % 2}` },
                timestamp: now - ageMs,
                value,
              }),
            );
            await node.write(...sent);
            written.push(...sent);
          };
          await write(samples.slice(0, half));
          node.ring.evict(nodes.server.clock.now());
          if (restarts) {
            await node.stop();
            nodes.server.clock.skip(1);
            node = await nodes.start({ windowMs, startedAt: nodes.server.clock.now() });
            nodes.server.clock.skip(2 * MINUTE);
          }
          await write(samples.slice(half));

          const query = {
            metric: name,
            start: 'now-12m',
            step: `${step}ms`,
            aggregate: aggregates.join(),
            by,
            ...ranking,
          };
          // The first time memory may lack what counters go on from; it fetches that meanwhile.
          for (let i = 0; i < 2; i++) {
            const answer = await ask(query);
            expectSameGroups(
              answer.series,
              expected(written, { ...answer, step }, { aggregates, by, ranking }),
            );
            await nodes.server.idle();
          }
          await node.stop();
        },
      ),
      { numRuns: 60, endOnFailure: true, examples: [RANKED_BY_NOTHING] },
    );
  });
});

function expected(
  samples: TestSample[],
  { start, end, step }: { start: number; end: number; step: number },
  { aggregates, by, ranking }: { aggregates: Aggregate[]; by: string; ranking: Record<string, string> },
): GroupPoints[] {
  const keyOf = (host: string) => ({ '': '', host, zone: `z${Number(host.slice(1)) % 2}` })[by]!;
  const groups = naiveGroups(
    samples.map(({ labels, timestamp, value }) => ({ host: labels.host, timestamp, value })),
    keyOf,
  );
  const found = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, group]) => ({
      labels: by === '' ? {} : { [by]: key },
      points: naivePoints(group, { aggregates, start, end, step }),
      whole: naivePoints(group, { aggregates, start, end, step: end - start }),
    }))
    .filter(({ points }) => points.length > 0);
  const sign = ranking.top ? -1 : 1;
  const rankValue = ({ points, whole }: (typeof found)[number]) => {
    const value = (ranking.rank === 'range' ? whole : points).at(-1)?.[1] ?? null;
    // To as many digits as do not depend on the order of adding up; what cannot be computed comes last.
    return value === null ? Number.MAX_VALUE : sign * Number(value.toPrecision(12));
  };
  if (ranking.top || ranking.bottom) found.sort((a, b) => rankValue(a) - rankValue(b));
  return found
    .slice(0, Number(ranking.top ?? ranking.bottom ?? found.length))
    .map(({ labels, points }) => ({ labels, points }));
}
