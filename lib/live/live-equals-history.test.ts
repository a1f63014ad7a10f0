import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyAggregates, ONE_STAGE } from '@/test/support/aggregates';
import { expectSameGroups } from '@/test/support/expect-points';
import { Fold, LiveReader, type StreamEvent } from '@/test/support/live-reader';
import { settle } from '@/test/support/manual-clock';
import { startTestNode, type TestNode, type TestSample } from '@/test/support/node';
import type { Aggregate } from '../model/aggregates';
import type { GroupPoints } from '../model/points';
import { DAY, HOUR, MINUTE, SECOND } from '../model/time/duration';
import { readStep, stepsOf } from '../model/time/steps';
import { type ParsedQuery, parseQuery, rankingOf, toSearchParams } from '../read/query/query-params';

/**
 * The promise of the stream: whatever arrives in whatever order, whenever a page opens, loses its connection or reads
 * slowly, what it has folded is what history answers.
 */
let server: Awaited<ReturnType<typeof startTestNode>>;

beforeAll(async () => {
  server = await startTestNode();
});
afterAll(() => server.close());

const RANGE_MS = 3 * MINUTE;

/** A page with one query: reads history, opens a stream, folds; after a reset it reads history again. */
class Page {
  private reader: LiveReader | null = null;
  private readonly fold: Fold;
  private lastEventId: string | null = null;
  private cursor = 0;
  private steps = stepsOf(1);
  private step: ParsedQuery['step'] = 'auto';
  private isStale = true;

  constructor(
    private readonly node: TestNode,
    private readonly query: Record<string, string>,
    private readonly tickMs: number,
  ) {
    this.fold = new Fold(rankingOf(parseQuery(query)));
  }

  /** Opens the stream if it is not open: with history the first time and after a reset, then from where it was. */
  async connect(): Promise<void> {
    if (this.reader?.isOpen) return;
    if (this.isStale) {
      const answer = await this.node.history.answer(parseQuery(this.query));
      this.fold.replace(answer.series);
      this.cursor = answer.cursor;
      this.steps = stepsOf(readStep(answer.step, answer.timezone));
      this.step = typeof answer.step === 'number' ? answer.step : parseQuery(this.query).step;
      this.lastEventId = null;
      this.isStale = false;
    }
    const q = toSearchParams({ ...parseQuery(this.query), step: this.step }).toString();
    const search = new URLSearchParams({ q, tick: String(this.tickMs), cursor: String(this.cursor) });
    const take = (event: StreamEvent) => this.take(event);
    this.reader = await LiveReader.open(this.node.live, search, this.lastEventId, take);
    // It may have said so while it was opened.
    if (this.isStale) this.disconnect();
  }

  disconnect(): void {
    this.reader?.leave();
    this.lastEventId = this.reader?.lastEventId ?? this.lastEventId;
  }

  slowDown(): void {
    if (this.reader) this.reader.isSlow = true;
  }

  speedUp(): void {
    this.reader?.drain();
  }

  within(start: number, end: number): GroupPoints[] {
    return this.fold.within(start, end);
  }

  private take({ event, data }: StreamEvent): void {
    if (event === 'points') {
      const start = this.steps.startOf(server.clock.now() - RANGE_MS);
      this.fold.upsert((data as { series: GroupPoints[] }).series, start);
    }
    if (event !== 'reset') return;
    this.isStale = true;
    // Not from inside its own write.
    queueMicrotask(() => this.disconnect());
  }
}

type Sample = { series: number; isOther: boolean; ageMs: number; value: number };
type Action =
  /** Batches are written at the same time, while a page opens. */
  | { kind: 'write'; batches: Sample[][]; opening: number | null }
  | { kind: 'wait'; ms: number }
  | { kind: 'connect' | 'disconnect' | 'slowDown' | 'speedUp'; page: number }
  | { kind: 'evict' };

const anySample = fc.record({
  series: fc.nat(5),
  /** Of another metric, which some questions calculate with. */
  isOther: fc.boolean(),
  ageMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: RANGE_MS + 30 * SECOND }) },
    { weight: 1, arbitrary: fc.integer({ min: -20 * SECOND, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: HOUR, max: 4 * DAY }) },
  ),
  value: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.constant(0)),
});

const onPage = (kind: 'connect' | 'disconnect' | 'slowDown' | 'speedUp') =>
  fc.record({ kind: fc.constant(kind), page: fc.nat(2) });

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      batches: fc.array(fc.array(anySample, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      opening: fc.option(fc.nat(2), { freq: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 500, max: 6_000 })),
    }),
  },
  { weight: 3, arbitrary: onPage('connect') },
  { weight: 2, arbitrary: onPage('disconnect') },
  { weight: 1, arbitrary: onPage('slowDown') },
  { weight: 1, arbitrary: onPage('speedUp') },
  { weight: 1, arbitrary: fc.constant({ kind: 'evict' as const }) },
);

const anyQuestion = fc.record({
  aggregate: fc.oneof(
    fc.constantFrom(...ONE_STAGE).map((one): Aggregate[] => [one]),
    anyAggregates,
  ),
  step: fc.constantFrom('raw', '1s', '5s', '10s', '1m', '10m', 'day'),
  algebra: fc.constantFrom<Record<string, string>>(
    {},
    {},
    {},
    { offset: '15s' },
    { offset: '2m' },
    { offset: '1d' },
    { expression: '100 * a / b', 'b.metric': 'other' },
    { expression: '100 * a / b', 'b.metric': 'other', 'b.match': '{}' },
    { expression: 'a - b', 'b.offset': '20s' },
    { expression: 'a / b', offset: '20s', 'b.offset': '90s' },
    { expression: '-a', timezone: 'Asia/Kathmandu' },
  ),
  by: fc.constantFrom('', 'host', 'zone'),
  match: fc.constantFrom('', '{host!="h0"}', '{zone=~"z1|z2"}'),
  ranking: fc.constantFrom<Record<string, string>>(
    {},
    {},
    { top: '1' },
    { top: '2' },
    { bottom: '2' },
    { top: '2', rank: 'range' },
    { bottom: '1', rank: 'range' },
  ),
  fill: fc.constantFrom('none', 'none', 'none', '0', 'previous', 'linear'),
  tickMs: fc.constantFrom(50, 200, 1_000, 3_000),
  windowMs: fc.constantFrom(5 * SECOND, MINUTE, 10 * MINUTE),
});

it('live equals history', { timeout: 300_000 }, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      anyQuestion,
      fc.array(anyAction, { minLength: 5, maxLength: 45 }),
      async (question, actions) => {
        const { aggregate, step, by, match, ranking, tickMs, windowMs } = question;
        const algebra: Record<string, string> = { ...question.algebra };
        const fill = step === 'raw' ? 'none' : question.fill;
        const metric = `live_${Date.now()}_${run++}`;
        const node = await server.start({ windowMs });
        if (algebra['b.metric']) algebra['b.metric'] = `${metric}_other`;
        const toSample = ({ series, isOther, ageMs, value }: Sample): TestSample => ({
          name: isOther ? `${metric}_other` : metric,
          labels: { host: `h${series}`, zone: `z${series % 3}` },
          timestamp: server.clock.now() - ageMs,
          value,
        });
        // The metric must be known for a page to show its history.
        const known = { series: 0, ageMs: 0, value: 1 };
        await node.write(toSample({ ...known, isOther: false }), toSample({ ...known, isOther: true }));
        const query = {
          metric,
          start: `now-${RANGE_MS}ms`,
          step,
          aggregate: aggregate.join(),
          by,
          match,
          fill,
          ...ranking,
          ...algebra,
        };
        const pages = [tickMs, tickMs, 50].map((tick) => new Page(node, query, tick));

        for (const action of actions) {
          if (action.kind === 'write') {
            const opening = action.opening === null ? undefined : pages[action.opening].connect();
            await Promise.all([
              ...action.batches.map((batch) => node.write(...batch.map(toSample))),
              opening,
            ]);
          } else if (action.kind === 'wait') await server.clock.advance(action.ms);
          else if (action.kind === 'evict') node.ring.evict(server.clock.now());
          else await pages[action.page][action.kind]();
          await settle();
        }

        await expectPagesToCatchUp(node, query, pages);
        for (const page of pages) page.disconnect();
        expect(node.live.figures).toMatchObject({ streams: 0, queries: 0 });
        await node.stop();
      },
    ),
    { numRuns: 150, endOnFailure: true },
  );
});

const FEW_TICKS = 25;

/** With nothing new arriving, within a few ticks and reads of the store, every page shows what history answers. */
async function expectPagesToCatchUp(
  node: TestNode,
  query: Record<string, string>,
  pages: Page[],
): Promise<void> {
  const look = async () => {
    const { series, start, end } = await node.history.answer(parseQuery(query));
    for (const page of pages) expectSameGroups(byLabels(page.within(start, end)), byLabels(series));
  };
  for (let round = 1; ; round++) {
    for (const page of pages) {
      page.speedUp();
      await page.connect();
    }
    await server.clock.advance(1_000);
    await server.idle();
    if (round < FEW_TICKS) continue;
    try {
      return await look();
    } catch (error) {
      // Between reads of the store the server rests, the longer the longer they really took.
      if (round >= 4 * FEW_TICKS) throw error;
    }
  }
}

function byLabels(groups: GroupPoints[]): GroupPoints[] {
  return groups.toSorted((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
}
