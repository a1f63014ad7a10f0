import type { RedisCommands } from '../cluster/redis/commands';
import type { Env } from '../env';
import { groupSeries, type SeriesGroup } from '../memory/catalogue/groups';
import type { Registry } from '../memory/catalogue/registry';
import { createPredecessorFetch } from '../memory/ring/fetch-predecessors';
import { MetricIntervals } from '../memory/ring/metric-intervals';
import type { Ring } from '../memory/ring/ring';
import { isPulseError } from '../model/errors';
import { fillPoints } from '../model/fill';
import type { GroupPoints, Point, PointsAnswer, TimeRange } from '../model/points';
import { MAX_POINTS } from '../model/rollup/choose';
import { type Retention, retentionFrom } from '../model/rollup/tiers';
import { SECOND } from '../model/time/duration';
import { nameOfStep, type Steps, stepOfSample, stepsOf } from '../model/time/steps';
import { topGroups } from '../model/top';
import type { HistoryAnswer } from '../model/wire/history';
import { figures } from '../observe/figures';
import { createSingleFlight } from '../runtime/single-flight';
import { within } from '../runtime/within';
import { refusedWork, Work } from '../runtime/work/work';
import type { ReadOptions, SampleStore, Store, StoreQuestion } from '../store/store';
import { crowded } from '../store/trouble';
import { createRangeCache, type RangeCache } from './cache/range-cache';
import { createMemoryTier } from './memory-tier';
import { formatExpression } from './query/expression';
import type { Calculation, GroupedQuestion, JoinedGroup, ReadPoints } from './query/grouped-question';
import { joinGroups } from './query/join-groups';
import { isRaw, limitGroups, limitPoints, limitRawPoints, limitRawSamples } from './query/limits';
import { notesOn } from './query/notes';
import { calculate, offsetRange, readOperands } from './query/operands';
import type { ParsedQuery } from './query/query-params';
import { type Question, resolveQuestion } from './query/question';
import { rankGroups } from './query/rank';

/** The read path: a question goes in, points come out, whether from memory or the database. */
export interface History {
  /** @throws PulseError `unknown_metric`, `bad_parameter`, `too_many_points`, `too_expensive`, `database_unavailable`. */
  answer(params: ParsedQuery, options?: AnswerOptions): Promise<HistoryAnswer>;
  /** The question with an absolute range and a fixed step. */
  resolve(params: ParsedQuery, now: number): Question;
  /** The same points for a live query, which has its groups already. */
  read: ReadPoints;
  /** The points of one group from memory, without waiting; the range must begin at `memoryFrom` or later. */
  readMemory(calculation: Calculation, group: JoinedGroup, range: TimeRange): Point[];
  /** The first step whose points memory can answer, epoch ms. */
  memoryFrom(question: Pick<Question, 'operands'>, steps: Steps): number;
  /** Resolves while the database answers. */
  ping(): Promise<void>;
}

export interface AnswerOptions {
  /** Of the request; by default new work for this question alone. */
  work?: Work;
  /** Epoch ms. */
  now?: number;
}

export interface HistoryParts {
  env: Pick<Env, 'RETENTION_RAW' | 'RETENTION_MINUTE' | 'RETENTION_HOUR' | 'RETENTION_DAY'>;
  store: Pick<Store, 'samples' | 'database'>;
  registry: Registry;
  ring: Ring;
  /** Keeps answers that cannot change any more; null: none are kept. */
  redis?: Pick<RedisCommands, 'get' | 'set'> | null;
  /** Where several nodes write: reads the series that other nodes created. */
  learn?: () => Promise<void>;
  clock?: () => number;
}

export function createHistory({
  env,
  store,
  registry,
  ring,
  redis = null,
  learn,
  clock = Date.now,
}: HistoryParts): History {
  const retention: Retention = retentionFrom(env);
  const once = createSingleFlight<HistoryAnswer>();
  const intervals = new MetricIntervals(ring);
  const { tierSeconds } = figures();
  const database: Pick<SampleStore, 'readPoints' | 'readClosed'> = {
    readPoints: readDatabase,
    readClosed: (metricId, options) => store.samples.readClosed(metricId, options),
  };
  const cache: RangeCache | null = redis && createRangeCache({ stored: database, redis });
  const predecessors = createPredecessorFetch(ring, store.samples);
  const memory = createMemoryTier({ registry, ring, predecessors });
  const read = readOperands(memory.readWith(readOlder));

  async function answer(params: ParsedQuery, options: AnswerOptions = {}): Promise<HistoryAnswer> {
    const { work = new Work(), now = clock() } = options;
    const question = resolve(params, now);
    const mostRaw = params.maxPoints ?? MAX_POINTS;
    const key = JSON.stringify([question, mostRaw]);
    return work.run(async () => {
      for (;;) {
        try {
          const flight = once(key, () => answerNow(question, mostRaw, now, work));
          // The flight may belong to a request that began later and may take longer.
          const found = await within(flight, work.leftMs + SECOND, crowded);
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

  async function answerNow(
    question: Question,
    mostRaw: number,
    now: number,
    work: Work,
  ): Promise<HistoryAnswer> {
    // Another node may just have created a metric that this one does not know.
    if (learn && question.operands.some(({ metric }) => !registry.metrics.has(metric))) await learn();
    try {
      return await answerWhole(question, mostRaw, now, read, work);
    } catch (error) {
      if (!isPulseError(error) || error.code !== 'database_unavailable') throw error;
      const fromMemory = memoryFrom(question, stepsOf(question.step));
      const completeFrom = Math.min(question.end, Math.max(question.start, fromMemory));
      const degraded = { reason: error.code, completeFrom } as const;
      const { notes: _, ...known } = await answerWhole(
        question,
        mostRaw,
        now,
        readOperands(memory.readWith(readCached)),
        work,
        completeFrom,
      );
      if (completeFrom === question.end && known.series.every(({ points }) => points.length === 0))
        throw error;
      return { ...known, degraded };
    }
  }

  /** Cached points, while the database cannot be reached. */
  async function readCached(question: StoreQuestion): Promise<PointsAnswer> {
    const groups = (await cache?.readCached(question)) ?? question.groups.map(() => []);
    return { groups, tier: groups.some((points) => points.length > 0) ? 'cache' : 'ring' };
  }

  async function answerWhole(
    question: Question,
    mostRaw: number,
    now: number,
    readPoints: ReadPoints,
    work: Work,
    completeFrom = question.start,
  ): Promise<HistoryAnswer> {
    const { operands, by, step, start, end, ranking, fill, expression } = question;
    const metrics = operands.map((operand) => registry.knownMetric(operand.metric));
    // Not after `now`: whatever lies beyond the range must also come after the cursor.
    const cursor = Math.min(now, clock());
    const limit = (count: number) => limitGroups(count, by, ranking);
    const found: SeriesGroup[][] = [];
    for (const [index, { matchers }] of operands.entries())
      found.push(await groupSeries(metrics[index].series, { matchers, by, limit }, work));
    const { groups: matching, notes: unmatched } = joinGroups(found);
    const steps = stepsOf(step);
    const range = { operands, expression, steps, start, end };
    const groups = ranking
      ? await rankGroups({ ...range, groups: matching }, ranking, readPoints, work, completeFrom)
      : matching;
    if (fill !== 'none') limitPoints(groups.length, { ...range, fill });
    const { groups: points, tier } = await readLimited({ ...range, groups }, mostRaw, readPoints, work);
    const noted = { ...range, groups: groups.length === 0 ? matching : groups };
    const notes = unmatched.concat(await notesOn(noted, points, readPoints, work));
    const answered = groups.map(({ labels }, i) => ({ labels, points: points[i] }));
    // Between ranking and reading a newer point may have come.
    const series = ranking?.by === 'latest' ? topGroups(answered, ranking) : answered;
    const [metric] = metrics;
    return {
      metric: metric.name,
      type: metric.type,
      unit: expression ? '' : metric.unit,
      aggregate: operands[0].aggregates.join(),
      ...(typeof step === 'number' ? { step } : { step: nameOfStep(step), timezone: step.timezone }),
      ...(expression && { expression: formatExpression(expression) }),
      tier,
      start,
      end,
      cursor,
      ...(notes.length > 0 && { notes }),
      series: await fillGroups(series, question, work),
    };
  }

  /** Groups that have points, with what is missing between these. */
  async function fillGroups(
    series: GroupPoints[],
    { fill, step }: Question,
    work: Work,
  ): Promise<GroupPoints[]> {
    const withPoints = series.filter(({ points }) => points.length > 0);
    if (fill === 'none') return withPoints;
    const { after } = stepsOf(step);
    const filled: GroupPoints[] = [];
    for (const { labels, points } of withPoints) {
      if (work.isDue('evaluate')) await work.pause();
      filled.push({ labels, points: fillPoints(points, fill, after) });
    }
    return filled;
  }

  /** @throws PulseError when the answer would have more points than it may. */
  async function readLimited(
    question: GroupedQuestion,
    mostRaw: number,
    readPoints: ReadPoints,
    work: Work,
  ): Promise<PointsAnswer> {
    if (!isRaw(question)) {
      await work.expectPoints(limitPoints(question.groups.length * question.operands.length, question));
      return readPoints(question, work);
    }
    await work.expectPoints(await limitRawSamples(question, mostRaw, readPoints, work));
    const answer = await readPoints(question, work);
    limitRawPoints(answer, mostRaw);
    return answer;
  }

  async function readOlder(question: StoreQuestion, work: Work): Promise<PointsAnswer> {
    const options = { signal: work.signal, dueAt: work.dueAt };
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

  /** Both: reads may have a replica, and either database may be unreachable by itself. */
  async function ping(): Promise<void> {
    await Promise.all([store.database.ping('write'), store.database.ping('read')]);
  }

  return { answer, resolve, read, readMemory, memoryFrom, ping };
}
