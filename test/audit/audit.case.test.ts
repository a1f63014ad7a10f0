import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Point } from '@/lib/model/points';
import { parseQuery } from '@/lib/read/query/query-params';
import type { Engine, Store } from '@/lib/store/store';
import { startTestNode, type TestNode } from '../support/node';
import { type Plain, type PlainSeries, plainValue } from './plain';
import { dice, labelsOf, makeWorld, type World } from './world';

/**
 * Every answer against plain arithmetic over what was sent: some worlds that are always the same, and one that is
 * new each time and named in the failure (`AUDIT_SEED=n` asks for it again, `AUDIT_WORLDS=n` for more of them).
 */
const SEEDS = process.env.AUDIT_SEED
  ? [Number(process.env.AUDIT_SEED)]
  : [
      1,
      2,
      3,
      ...Array.from({ length: Number(process.env.AUDIT_WORLDS ?? 1) }, () => Math.floor(Math.random() * 1e6)),
    ];
const QUESTIONS = 60;
const RELATIVE = 1e-9;
/** What adding up in another order may change, of the size of what is added. */
const CANCELLED = 1e-12;
/** The last digits of denormals. */
const DENORMAL = 1e-321;

const SIMPLE = ['avg', 'sum', 'min', 'max', 'count', 'last', 'first', 'rate', 'increase', 'delta'];
const OF_SAMPLES = ['stddev', 'p0', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'p37.5', 'p100'];
const OUTER = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'p50', 'p95'];
const DAY = 86_400_000;
const STEPS: ReadonlyArray<readonly [step: string, ms: number]> = [
  ['1s', 1_000],
  ['10s', 10_000],
  ['7s', 7_000],
  ['minute', 60_000],
  ['5m', 300_000],
  ['hour', 3_600_000],
  ['6h', 6 * 3_600_000],
  ['day', DAY],
  ['7d', 7 * DAY],
];

export interface AuditedEngine {
  name: Engine;
  /** The database server; by default the run's own. */
  server?: string;
}

export function auditCases({ name, server }: AuditedEngine): void {
  describe(`answers of memory and ${name}`, () => {
    let place: Awaited<ReturnType<typeof startTestNode>>;
    beforeAll(async () => {
      place = await startTestNode({ engine: name, server, settings: { RETENTION_RAW: 'forever' } });
    });
    afterAll(() => place.close());

    it.each(SEEDS)('are those of plain arithmetic in world %d', async (seed) => {
      const metric = `audit_${seed}`;
      const world = makeWorld(metric, seed, place.clock.now());
      const writer = await place.start();
      await send(writer, place.store, world, seed);
      // It has received no sample and asks the database for everything.
      const reader = await place.start({ startedAt: place.clock.now() });
      const next = dice(seed + 0.5);
      for (let i = 0; i < QUESTIONS; i++) {
        const question = anyQuestion(metric, place.clock.now(), next);
        for (const node of [writer, reader]) await check(node, world, question);
      }
      await writer.stop();
      await reader.stop();
    });
  });
}

/** Sends a world in pieces, with upkeep in between as far as its time has come. */
async function send(node: TestNode, store: Store, { samples }: World, seed: number): Promise<void> {
  const next = dice(seed + 0.25);
  for (let from = 0; from < samples.length; ) {
    const piece = samples.slice(from, from + 1 + Math.floor(next() * 1_500));
    await node.write(...piece);
    from += piece.length;
    if (next() < 0.5) await store.upkeep.maintain(piece[piece.length - 1].timestamp);
  }
}

interface AuditQuestion {
  metric: string;
  aggregate: string;
  step: string;
  start: string;
  end: string;
  by: string;
  match: string;
}

function anyQuestion(metric: string, now: number, next: () => number): AuditQuestion {
  const one = <T>(options: readonly T[]) => options[Math.floor(next() * options.length)];
  const [step, ms] = one(STEPS);
  const end = Math.floor(now - (next() < 0.5 ? 0 : next() ** 3 * 60 * DAY));
  const start = Math.floor(end - (1 + next() * 150) * ms);
  return {
    metric,
    aggregate: anyAggregates(one, next),
    step,
    start: String(start),
    end: String(end),
    by: one(['', 'host', 'zone']),
    match: one(['', '', '{zone="even"}', '{host=~"host-[013]"}']),
  };
}

function anyAggregates(one: <T>(options: readonly T[]) => T, next: () => number): string {
  const any = () => {
    const inner = one(next() < 0.75 ? SIMPLE : OF_SAMPLES);
    return next() < 0.5 ? inner : `${one(OUTER)}(${inner})`;
  };
  const count = next() < 0.6 ? 1 : 2 + Math.floor(next() * 3);
  return [...new Set(Array.from({ length: count }, any))].join();
}

async function check(node: TestNode, { series }: World, question: AuditQuestion): Promise<void> {
  const answer = await node.history.answer(parseQuery({ ...question }));
  const groups = groupsOf(series, question);
  const { start, end } = answer;
  const step = Number(answer.step);
  const aggregates = question.aggregate.split(',');
  const seen = new Set(answer.series.map(({ labels }) => JSON.stringify(labels)));
  const about = JSON.stringify({ ...question, tier: answer.tier });
  for (const { labels, points } of answer.series) {
    const expected = groups.get(JSON.stringify(labels));
    if (!expected) throw new Error(`no group ${JSON.stringify(labels)}: ${about}`);
    compare(
      points,
      plainPoints(expected, aggregates, { start, end, step }),
      `${about} ${JSON.stringify(labels)}`,
    );
  }
  for (const [labels, expected] of groups)
    if (!seen.has(labels))
      compare([], plainPoints(expected, aggregates, { start, end, step }), `${about} ${labels}`);
}

/** The series of each group, by the JSON of its labels. */
function groupsOf(series: World['series'], { by, match }: AuditQuestion): Map<string, PlainSeries[]> {
  const groups = new Map<string, PlainSeries[]>();
  for (const [host, pairs] of series) {
    const labels = labelsOf(host);
    if (match.includes('zone') && labels.zone !== 'even') continue;
    if (match.includes('host') && !/^host-[013]$/.test(host)) continue;
    const key = JSON.stringify(by === '' ? {} : { [by]: labels[by] });
    groups.set(key, [...(groups.get(key) ?? []), pairs]);
  }
  return groups;
}

type PlainPoint = [t: number, ...values: Array<Plain | null>];

function plainPoints(
  group: readonly PlainSeries[],
  aggregates: readonly string[],
  { start, end, step }: { start: number; end: number; step: number },
): PlainPoint[] {
  const points: PlainPoint[] = [];
  // Only what lies in the range, and far enough before it for growth: the rest is looked through once a point.
  const near = group.map((pairs) => pairs.filter(([t]) => t >= start - 14 * DAY && t < end));
  for (let t = start; t < end; t += step) {
    if (near.every((pairs) => pairs.every(([at]) => at < t || at >= t + step))) continue;
    const values = aggregates.map((aggregate) => plainValue(near, aggregate, t, t + step));
    if (values.some((value) => value !== null)) points.push([t, ...values]);
  }
  return points;
}

function compare(actual: readonly Point[], expected: readonly PlainPoint[], about: string): void {
  const times = actual.map(([t]) => t);
  expect(times, about).toEqual(expected.map(([t]) => t));
  actual.forEach(([t, ...values], i) => {
    values.forEach((value, k) => {
      const plain = expected[i][k + 1] as Plain | null;
      if (!isSame(value, plain))
        throw new Error(`at ${t} value ${k} is ${value}, plain arithmetic says ${plain?.value}: ${about}`);
    });
  });
}

function isSame(value: number | null, plain: Plain | null): boolean {
  if (value === null || plain === null) return value === plain;
  if (value === plain.value || plain.cut) return true;
  // Halves, since the difference of two of the largest float64s is none.
  const difference = Math.abs(value / 2 - plain.value / 2);
  const allowed = RELATIVE * Math.abs(plain.value) + CANCELLED * Math.min(plain.magnitude, Number.MAX_VALUE);
  return difference <= allowed / 2 + DENORMAL;
}
