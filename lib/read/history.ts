import type { RedisCommands } from '../cluster/redis/commands';
import type { Env } from '../env';
import type { Registry } from '../memory/catalogue/registry';
import { createPredecessorFetch } from '../memory/ring/fetch-predecessors';
import { MetricIntervals } from '../memory/ring/metric-intervals';
import type { Ring } from '../memory/ring/ring';
import { isPulseError } from '../model/errors';
import type { Point, PointsAnswer, TimeRange } from '../model/points';
import { MAX_POINTS } from '../model/rollup/choose';
import { type Retention, retentionFrom } from '../model/rollup/tiers';
import { SECOND } from '../model/time/duration';
import { type Steps, stepOfSample, stepsOf } from '../model/time/steps';
import type { HistoryAnswer } from '../model/wire/history';
import type { Figures } from '../observe/figures';
import { createSingleFlight } from '../runtime/single-flight';
import { within } from '../runtime/within';
import type { Scheduler } from '../runtime/work/scheduler';
import { type ReadingWork, refusedWork, Work } from '../runtime/work/work';
import { tooManyWaiting } from '../store/pg-errors';
import type { ReadOptions, SampleStore, Store, StoreQuestion } from '../store/store';
import { answerQuestion } from './answer-question';
import { createRangeCache, type RangeCache } from './cache/range-cache';
import { createMemoryTier } from './memory-tier';
import type { Calculation, JoinedGroup, ReadPoints } from './query/grouped-question';
import { calculate, offsetRange, readOperands } from './query/operands';
import type { ParsedQuery } from './query/query-params';
import { type Question, resolveQuestion } from './query/question';

/** The read path: a question goes in, points come out, whether from memory or the database. */
export interface History {
  /**
   * @throws PulseError `unknown_metric`, `bad_parameter`, `too_many_points`, `too_expensive`, `database_unavailable`.
   */
  answer(params: ParsedQuery, options?: AnswerOptions): Promise<HistoryAnswer>;
  /** The question with an absolute range and a fixed step. */
  resolve(params: ParsedQuery, now: number): Question;
  /** The same points for a live query, which has its groups already. */
  read: ReadPoints;
  /** The points of one group from memory, without waiting; the range must begin at `memoryFrom` or later. */
  readMemory(calculation: Calculation, group: JoinedGroup, range: TimeRange): Point[];
  /** The first step whose points memory can answer, epoch ms. */
  memoryFrom(question: Pick<Question, 'operands'>, steps: Steps): number;
}

export interface AnswerOptions {
  /** Of the request; by default new work for this question alone. */
  work?: Work;
  /** Epoch ms. */
  now?: number;
}

export interface HistoryParts {
  env: Pick<Env, 'RETENTION_RAW' | 'RETENTION_MINUTE' | 'RETENTION_HOUR' | 'RETENTION_DAY'>;
  store: Pick<Store, 'samples'>;
  registry: Pick<Registry, 'metrics' | 'knownMetric' | 'candidates'>;
  ring: Pick<
    Ring,
    'samples' | 'coveredSince' | 'predecessorsSince' | 'missingPredecessors' | 'addPredecessors'
  >;
  /** Keeps answers that cannot change any more; null: none are kept. */
  redis?: Pick<RedisCommands, 'get' | 'set'> | null;
  /** Where several nodes write: reads the series that other nodes created. */
  learn?: () => Promise<void>;
  scheduler: Scheduler;
  figures: Pick<Figures, 'tierSeconds' | 'ringReads' | 'cacheReads'>;
  clock?: () => number;
}

export function createHistory({
  env,
  store,
  registry,
  ring,
  redis = null,
  learn,
  scheduler,
  figures,
  clock = Date.now,
}: HistoryParts): History {
  const retention: Retention = retentionFrom(env);
  const singleFlight = createSingleFlight<HistoryAnswer>();
  const intervals = new MetricIntervals(ring);
  const { tierSeconds } = figures;
  const database: Pick<SampleStore, 'readPoints' | 'readClosed'> = {
    readPoints: readDatabase,
    readClosed: (metricId, options) => store.samples.readClosed(metricId, options),
  };
  const cache: RangeCache | null = redis && createRangeCache({ stored: database, redis, scheduler, figures });
  const predecessors = createPredecessorFetch(ring, store.samples);
  const memory = createMemoryTier({ registry, ring, predecessors, figures });
  const read = readOperands(memory.readWith(readOlder));

  async function answer(params: ParsedQuery, options: AnswerOptions = {}): Promise<HistoryAnswer> {
    const { work = new Work(scheduler), now = clock() } = options;
    const question = resolve(params, now);
    const maxRawPoints = params.maxPoints ?? MAX_POINTS;
    const key = JSON.stringify([question, maxRawPoints]);
    return work.run(async () => {
      for (;;) {
        try {
          const flight = singleFlight(key, () => answerOnce(question, { now, work, maxRawPoints }));
          // The flight may belong to a request that began later and may take longer.
          const found = await within(flight, work.leftMs + SECOND, tooManyWaiting);
          work.addPoints(found.series.reduce((sum, { points }) => sum + points.length, 0));
          return found;
        } catch (error) {
          // Another request for the same answer was refused or aborted: this one asks again.
          if ((refusedWork(error) ?? work) === work) throw error;
        }
      }
    });
  }

  function resolve(params: ParsedQuery, now: number): Question {
    const intervalOf = (name: string) => {
      const metric = registry.metrics.get(name);
      return metric ? intervals.of(metric, now) : 0;
    };
    return resolveQuestion(params, { now, retention, intervalOf });
  }

  async function answerOnce(
    question: Question,
    { now, work, maxRawPoints }: { now: number; work: Work; maxRawPoints: number },
  ): Promise<HistoryAnswer> {
    // Another node may just have created a metric that this one does not know.
    if (learn && question.operands.some(({ metric }) => !registry.metrics.has(metric))) await learn();
    const parts = { registry, work, maxRawPoints };
    // Not after `now`: whatever lies beyond the range must also come after the cursor.
    const cursor = () => Math.min(now, clock());
    try {
      return await answerQuestion(question, { ...parts, cursor: cursor(), readPoints: read });
    } catch (error) {
      if (!isPulseError(error) || error.code !== 'database_unavailable') throw error;
      const fromMemory = memoryFrom(question, stepsOf(question.step));
      const completeFrom = Math.min(question.end, Math.max(question.start, fromMemory));
      const readPoints = readOperands(memory.readWith(readCached));
      const { notes: _, ...known } = await answerQuestion(question, {
        ...parts,
        cursor: cursor(),
        readPoints,
        completeFrom,
      });
      if (completeFrom === question.end && known.series.every(({ points }) => points.length === 0))
        throw error;
      return { ...known, degraded: { reason: error.code, completeFrom } };
    }
  }

  /** Cached points, while the database cannot be reached. */
  async function readCached(question: StoreQuestion): Promise<PointsAnswer> {
    const groups = (await cache?.readCached(question)) ?? question.groups.map(() => []);
    return { groups, tier: groups.some((points) => points.length > 0) ? 'cache' : 'ring' };
  }

  async function readOlder(question: StoreQuestion, work: ReadingWork): Promise<PointsAnswer> {
    const options = { signal: work.signal, dueAt: work.dueAt, scheduler };
    try {
      return await (cache ?? database).readPoints(question, options);
    } catch (error) {
      work.checkClient();
      throw error;
    }
  }

  async function readDatabase(question: StoreQuestion, options?: ReadOptions) {
    const beganAt = performance.now();
    try {
      return await store.samples.readPoints(question, options);
    } finally {
      tierSeconds.observe('database', (performance.now() - beganAt) / SECOND);
    }
  }

  function memoryFrom({ operands }: Pick<Question, 'operands'>, steps: Steps): number {
    return Math.max(
      ...operands.map(({ metric, aggregates, offset }) => {
        const covered = memory.coveredFrom(metric, aggregates);
        if (!Number.isFinite(covered)) return covered;
        const start = stepOfSample(steps, covered, offset);
        return steps.back(start, offset) < covered ? steps.after(start) : start;
      }),
    );
  }

  function readMemory(calculation: Calculation, group: JoinedGroup, { start, end }: TimeRange): Point[] {
    const points = calculation.operands.map(({ aggregates }, index) => {
      const { range, moveForward } = offsetRange(calculation, index, start, end);
      return moveForward(memory.evaluate(group.seriesByOperand[index], { aggregates, ...range }));
    });
    return calculation.expression ? calculate(calculation.expression, points) : points[0];
  }

  return { answer, resolve, read, readMemory, memoryFrom };
}
