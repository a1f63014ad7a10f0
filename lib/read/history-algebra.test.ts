import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectSameGroups } from '@/test/support/expect-points';
import { naivePoints, type Samples } from '@/test/support/naive';
import { startTestNode, type TestNode, type TestSample } from '@/test/support/node';
import type { Aggregate } from '../model/aggregates';
import type { Labels } from '../model/labels';
import type { GroupPoints, Point } from '../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../model/time/duration';
import { parseQuery } from './query/query-params';

let server: Awaited<ReturnType<typeof startTestNode>>;
let node: TestNode;
let metricNumber = 0;

beforeAll(async () => {
  server = await startTestNode({ settings: { RETENTION_RAW: 'forever' } });
});
afterEach(() => node?.stop());
afterAll(() => server.close());

const freshMetric = () => `algebra_${metricNumber++}`;
const ask = async (query: Record<string, unknown>) => node.history.answer(parseQuery(query));

interface Sample {
  host: string;
  timestamp: number;
  value: number;
}

const toTest = (name: string, samples: readonly Sample[]): TestSample[] =>
  samples.map(({ host, timestamp, value }) => ({ name, labels: { host }, timestamp, value }));

/** Each group's series, the first value of an instant. */
function groupsOf(samples: readonly Sample[], by: string): Map<string, Samples[]> {
  const series = new Map<string, Map<number, number>>();
  for (const { host, timestamp, value } of samples) {
    const known = series.get(host) ?? new Map<number, number>();
    if (!known.has(timestamp)) known.set(timestamp, value);
    series.set(host, known);
  }
  const groups = new Map<string, Samples[]>();
  for (const [host, values] of series) {
    const key = by === '' ? '' : host;
    groups.set(key, [...(groups.get(key) ?? []), [...values].sort(([a], [b]) => a - b)]);
  }
  return groups;
}

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
        node = await server.start({ windowMs });
        const names = [freshMetric(), freshMetric()];
        const now = server.clock.now();
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
        const told = matched.map(([key, group]) => ({
          labels: (by === '' ? {} : { host: key }) as Labels,
          points: evaluate(key, group, { start, end, step }),
          whole: evaluate(key, group, { start, end, step: end - start })[0]?.[1] ?? null,
        }));
        expectSameGroups(answer.series, ranked(told, rank, aggregates.length));
        const isNoted = answer.notes?.some(({ code }) => code === 'unmatched_groups') ?? false;
        expect(isNoted).toBe(matched.length < groups.length);
        expect(answer.expression ?? null).toBe(expression);
        await node.stop();
      }),
      { numRuns: 120, endOnFailure: true },
    );
  });

  it('names the groups of a that b lacks', async () => {
    node = await server.start();
    const [a, b] = [freshMetric(), freshMetric()];
    const timestamp = server.clock.now() - SECOND;
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

/** What the ranking keeps; of those without a value over the range, none where one aggregate is asked for. */
function ranked(
  told: Array<GroupPoints & { whole: number | null }>,
  rank: Record<string, string>,
  aggregates: number,
): GroupPoints[] {
  const sign = rank.top ? -1 : 1;
  const rankOf = ({ points, whole }: (typeof told)[number]) =>
    rank.rank === 'range' ? whole : (points.at(-1)?.[1] ?? null);
  const some = told.filter(({ points, whole }) =>
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

/** What is too old for a server to take. */
async function writeOld(metric: string, samples: readonly Sample[]): Promise<void> {
  const hosts = [...new Set(samples.map(({ host }) => host))];
  const stored = await server.store.catalogue.ensure(hosts.map((host) => ({ metric, labels: { host } })));
  for (const series of stored) node.registry.add(series);
  const ids = new Map(stored.map(({ id }, i) => [hosts[i], id]));
  await server.store.samples.append({
    seriesIds: samples.map(({ host }) => ids.get(host)!),
    timestamps: samples.map(({ timestamp }) => timestamp),
    values: samples.map(({ value }) => value),
  });
}

/** Where days of a zone begin: the first instants, to a quarter of an hour, that clocks show a later date than ever. */
function daysOf(timezone: string, start: number, end: number): Array<{ t: number; date: string }> {
  const clock = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  });
  const days: Array<{ t: number; date: string }> = [];
  let latest = clock.format(start - 15 * MINUTE);
  for (let t = start; t <= end; t += 15 * MINUTE) {
    const date = clock.format(t);
    if (date > latest) days.push({ t, date });
    if (date > latest) latest = date;
  }
  return days;
}

const isMonday = ({ date }: { date: string }) => new Date(date).getUTCDay() === 1;
const isFirst = ({ date }: { date: string }) => date.endsWith('-01');
const CALENDARS = { day: () => true, week: isMonday, month: isFirst };

describe('days, weeks and months of a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T12:00:00Z'],
    ['Europe/Berlin', '2025-10-26T12:00:00Z'],
    ['Asia/Kathmandu', '2026-02-27T12:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T12:00:00Z'],
    ['America/Sao_Paulo', '2018-11-04T12:00:00Z'],
    ['Asia/Beirut', '2024-03-31T12:00:00Z'],
    ['UTC', '2024-02-29T12:00:00Z'],
  ])('%s around %s', async (timezone, around) => {
    node = await server.start();
    const metric = freshMetric();
    const middle = Date.parse(around);
    const samples = Array.from({ length: 1_600 }, (_, i) => ({
      host: `h${i % 3}`,
      // Some of them close to midnight, on either side.
      timestamp: middle - 40 * DAY + i * 73 * MINUTE + (i % 7) * 137 * SECOND,
      value: (i * 7919) % 1_000,
    }));
    await writeOld(metric, samples);
    const days = daysOf(timezone, middle - 80 * DAY, middle + 80 * DAY);
    for (const maintained of [false, true]) {
      if (maintained) await server.store.upkeep.maintain(server.clock.now());
      for (const [step, isStart] of Object.entries(CALENDARS)) {
        for (const [aggregate, offset] of [
          ['avg,max', 0],
          ['sum(avg)', 0],
          ['p90,count', 7 * DAY],
          ['increase', HOUR],
        ] as const) {
          const aggregates = aggregate.split(',') as Aggregate[];
          const answer = await ask({
            metric,
            aggregate,
            step,
            timezone,
            offset: `${offset}ms`,
            start: middle - 35 * DAY,
            end: middle + 35 * DAY,
          });
          const starts = days.filter(isStart).map(({ t }) => t);
          if (timezone !== 'UTC' || step !== 'day') expect(answer).toMatchObject({ step, timezone });
          const told = starts.filter((t) => t >= answer.start && t < answer.end);
          expect(told[0]).toBe(answer.start);
          expect(starts).toContain(answer.end);
          // A week is seven days of the calendar; an hour is an hour.
          const back = (t: number) =>
            offset % DAY === 0 ? days[days.findIndex((day) => day.t === t) - offset / DAY].t : t - offset;
          const group = [...groupsOf(samples, '').values()][0];
          const expected = told.flatMap((t) => {
            const from = back(t);
            const to = back(starts[starts.indexOf(t) + 1]);
            const [point] = naivePoints(group, { aggregates, start: from, end: to, step: to - from });
            return point ? [[t, ...point.slice(1)] as Point] : [];
          });
          expectSameGroups(answer.series, expected.length > 0 ? [{ labels: {}, points: expected }] : []);
        }
      }
    }
  });

  it('of which maxPoints counts, and what would fit is named', async () => {
    node = await server.start();
    const metric = freshMetric();
    await node.write(...toTest(metric, [{ host: 'h', timestamp: server.clock.now(), value: 1 }]));
    const common = {
      metric,
      timezone: 'Europe/Berlin',
      end: '2026-11-01T00:00:00Z',
      start: '2025-11-01T00:00:00Z',
    };
    await expect(ask({ ...common, step: 'day', maxPoints: 100 })).rejects.toMatchObject({
      code: 'too_many_points',
      message: expect.stringMatching(/step=4d would fit/),
    });
    await expect(ask({ ...common, step: '4d', maxPoints: 100 })).resolves.toMatchObject({ step: '4d' });
    for (const maxPoints of [1, 2, 12, 53, 365, 367]) {
      const { step, start, end } = await ask({ ...common, maxPoints });
      expect(step).toMatch(/^(day|\d+d)$/);
      expect(
        (end - start) / DAY / (step === 'day' ? 1 : Number.parseInt(String(step), 10)),
      ).toBeLessThanOrEqual(maxPoints + 0.1);
    }
    await expect(ask({ metric, timezone: 'Europe/Berlin', start: 'now-1h' })).resolves.toMatchObject({
      step: 10 * SECOND,
    });
    await expect(ask({ ...common, step: '36h' })).rejects.toMatchObject({ code: 'bad_parameter' });
    await expect(ask({ ...common, step: 'month', end: '8640000000000000' })).rejects.toMatchObject({
      code: 'bad_parameter',
    });
    await expect(ask({ metric, step: 'month', start: 0 })).resolves.toMatchObject({
      step: 'month',
      timezone: 'UTC',
      start: 0,
    });
  });
});
