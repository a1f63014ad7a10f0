import type { RedisCommands } from '../cluster/redis/commands';
import type { Env } from '../env';
import { groupSeries, type SeriesGroup } from '../memory/catalogue/groups';
import type { Registry } from '../memory/catalogue/registry';
import { MetricRhythms } from '../memory/ring/metric-rhythm';
import { createPredecessors } from '../memory/ring/predecessors';
import type { Ring } from '../memory/ring/ring';
import { isPulseError } from '../model/errors';
import { fillPoints } from '../model/fill';
import type { GroupPoints, Point } from '../model/points';
import { MAX_POINTS } from '../model/rollup/choose';
import { type Retention, retentionFrom } from '../model/rollup/tiers';
import { SECOND } from '../model/time/duration';
import { nameOfStep, type Steps, stepsOf, toldAt } from '../model/time/steps';
import { topGroups } from '../model/top';
import type { HistoryAnswer } from '../model/wire/history';
import { figures } from '../observe/figures';
import { createSingleFlight } from '../runtime/single-flight';
import { within } from '../runtime/within';
import { refusedWork, Work } from '../runtime/work/work';
import type { ReadOptions, Store, StoreQuestion } from '../store/store';
import { crowded } from '../store/trouble';
import { createRangeCache, type RangeCache } from './cache/range-cache';
import { createMemoryTier, type OlderPoints } from './memory-tier';
import { formatExpression } from './query/expression';
import { joinSides } from './query/join';
import { isRaw, limitGroups, limitPoints, limitRawPoints, limitRawSamples } from './query/limits';
import { notesOn } from './query/notes';
import type { ParsedQuery } from './query/params';
import type { Calculation, GroupedQuestion, PointsAnswer, ReadPoints, SidedGroup } from './query/points';
import { type Question, resolveQuestion } from './query/question';
import { rankGroups } from './query/rank';
import { calculate, moveRange, readSides } from './query/sides';

/** The read path: a question goes in, points come out, whether from memory or the database. */
export interface History {
  /** @throws PulseError `unknown_metric`, `bad_parameter`, `too_many_points`, `too_expensive`, `database_unavailable`. */
  answer(params: ParsedQuery, asking?: Asking): Promise<HistoryAnswer>;
  /** What is asked, in absolute terms. */
  resolve(params: ParsedQuery, now: number): Question;
  /** The same points for a live query, which has its groups already. */
  read: ReadPoints;
  /** The points of one group that are in memory, at once; the range must begin at `memoryFrom` or later. */
  readMemory(calculation: Calculation, group: SidedGroup, range: { start: number; end: number }): Point[];
  /** From here on, epoch ms, where a step begins, points come from memory. */
  memoryFrom(question: Pick<Question, 'sides'>, steps: Steps): number;
  /** Resolves while the database answers. */
  ping(): Promise<void>;
}

/** On whose behalf a question is asked. */
export interface Asking {
  /** The request's; a question by itself has its own. */
  work?: Work;
  /** Epoch ms. */
  now?: number;
}

export interface HistoryParts {
  env: Pick<Env, 'RETENTION_RAW' | 'RETENTION_MINUTE' | 'RETENTION_HOUR' | 'RETENTION_DAY'>;
  store: Store;
  registry: Registry;
  ring: Ring;
  /** Where what cannot change any more is kept between questions, if anywhere. */
  redis?: Pick<RedisCommands, 'get' | 'set'> | null;
  /** Where several nodes write: learns of series that another one created. */
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
  const rhythms = new MetricRhythms(ring);
  const { tierSeconds } = figures();
  const database: Pick<Store, 'readPoints' | 'readClosed'> = {
    readPoints: readDatabase,
    readClosed: (metricId, options) => store.readClosed(metricId, options),
  };
  const cache: RangeCache | null = redis && createRangeCache({ store: database, redis });
  const predecessors = createPredecessors(ring, store);
  const memory = createMemoryTier({ registry, ring, predecessors });
  const read = readSides(memory.readWith(readOlder));

  async function answer(params: ParsedQuery, asking: Asking = {}): Promise<HistoryAnswer> {
    const { work = new Work(), now = clock() } = asking;
    const question = resolve(params, now);
    const mostRaw = params.maxPoints ?? MAX_POINTS;
    const key = JSON.stringify([question, mostRaw]);
    return work.run(async () => {
      for (;;) {
        try {
          const flight = once(key, () => answerNow(question, mostRaw, now, work));
          // It may be somebody else's who began later.
          const found = await within(flight, work.leftMs + SECOND, crowded);
          work.addPoints(found.series.reduce((sum, { points }) => sum + points.length, 0));
          return found;
        } catch (error) {
          // Whoever asked the same was refused, or has left: that is no answer to us.
          if ((refusedWork(error) ?? work) === work) throw error;
        }
      }
    });
  }

  function resolve(params: ParsedQuery, now: number): Question {
    const rhythmOf = (name: string) => {
      const metric = registry.metrics.get(name);
      return metric ? rhythms.of(metric, now) : 0;
    };
    return resolveQuestion(params, { now, retention, rhythmOf });
  }

  async function answerNow(
    question: Question,
    mostRaw: number,
    now: number,
    work: Work,
  ): Promise<HistoryAnswer> {
    // A metric this node has not met may have been created on another one a moment ago.
    if (learn && question.sides.some(({ metric }) => !registry.metrics.has(metric))) await learn();
    try {
      return await answerWhole(question, mostRaw, now, read, work);
    } catch (error) {
      if (!isPulseError(error) || error.code !== 'database_unavailable') throw error;
      const fromMemory = memoryFrom(question, stepsOf(question.step));
      const completeFrom = Math.min(question.end, Math.max(question.start, fromMemory));
      const degraded = { reason: error.code, completeFrom } as const;
      // The newest part is what people look at when something is wrong.
      const { notes: _, ...known } = await answerWhole(
        question,
        mostRaw,
        now,
        readSides(memory.readWith(recall)),
        work,
        completeFrom,
      );
      if (completeFrom === question.end && known.series.every(({ points }) => points.length === 0))
        throw error;
      return { ...known, degraded };
    }
  }

  /** What is known of the past while the database cannot be asked. */
  async function recall(question: StoreQuestion): Promise<OlderPoints> {
    const groups = (await cache?.recall(question)) ?? question.groups.map(() => []);
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
    const { by, step, start, end, ranking, fill, expression } = question;
    const sides = question.sides.map((side) => ({ ...side, metric: registry.knownMetric(side.metric) }));
    // Not after the moment the range was resolved at: what lies beyond the range is then after the cursor, too.
    const cursor = Math.min(now, clock());
    const limit = (count: number) => limitGroups(count, by, ranking);
    const found: SeriesGroup[][] = [];
    for (const { metric, matchers } of sides)
      found.push(await groupSeries(metric.series, { matchers, by, limit }, work));
    const { groups: matching, notes: unmatched } = joinSides(found);
    const steps = stepsOf(step);
    const range = { sides, expression, steps, start, end };
    const groups = ranking
      ? await rankGroups({ ...range, groups: matching }, ranking, readPoints, work, completeFrom)
      : matching;
    if (fill !== 'none') limitPoints(groups.length, { ...range, fill });
    const { points, tier } = await readWithin({ ...range, groups }, mostRaw, readPoints, work);
    const looked = groups.length === 0 ? matching : groups;
    const notes = unmatched.concat(await notesOn({ ...range, groups: looked }, points, readPoints, work));
    const told = groups.map(({ labels }, i) => ({ labels, points: points[i] }));
    // Between ranking and reading a newer point may have come.
    const series = ranking?.by === 'latest' ? topGroups(told, ranking) : told;
    const [{ metric, aggregates }] = sides;
    return {
      metric: metric.name,
      type: metric.type,
      unit: expression ? '' : metric.unit,
      aggregate: aggregates.join(),
      ...(typeof step === 'number' ? { step } : { step: nameOfStep(step), timezone: step.timezone }),
      ...(expression && { expression: formatExpression(expression) }),
      tier,
      start,
      end,
      cursor,
      ...(notes.length > 0 && { notes }),
      series: await filled(series, question, work),
    };
  }

  async function filled(series: GroupPoints[], { fill, step }: Question, work: Work): Promise<GroupPoints[]> {
    const told = series.filter(({ points }) => points.length > 0);
    if (fill === 'none') return told;
    const { after } = stepsOf(step);
    const whole: GroupPoints[] = [];
    for (const { labels, points } of told) {
      if (work.isDue('evaluate')) await work.pause();
      whole.push({ labels, points: fillPoints(points, fill, after) });
    }
    return whole;
  }

  /** Reads no more than an answer may hold. */
  async function readWithin(
    question: GroupedQuestion,
    mostRaw: number,
    readPoints: ReadPoints,
    work: Work,
  ): Promise<PointsAnswer> {
    if (!isRaw(question)) {
      await work.expectPoints(limitPoints(question.groups.length * question.sides.length, question));
      return readPoints(question, work);
    }
    await work.expectPoints(await limitRawSamples(question, mostRaw, readPoints, work));
    const answer = await readPoints(question, work);
    limitRawPoints(answer, mostRaw);
    return answer;
  }

  async function readOlder(question: StoreQuestion, work: Work): Promise<OlderPoints> {
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
      return await store.readPoints(question, options);
    } finally {
      tierSeconds.observe('database', (performance.now() - beganAt) / SECOND);
    }
  }

  function memoryFrom({ sides }: Pick<Question, 'sides'>, steps: Steps): number {
    return Math.max(
      ...sides.map(({ metric, aggregates, offset }) => {
        const covered = memory.coveredFrom(metric, aggregates);
        if (!Number.isFinite(covered)) return covered;
        const told = toldAt(steps, covered, offset);
        return steps.back(told, offset) < covered ? steps.after(told) : told;
      }),
    );
  }

  function readMemory(
    calculation: Calculation,
    group: SidedGroup,
    { start, end }: { start: number; end: number },
  ): Point[] {
    const told = calculation.sides.map(({ aggregates }, i) => {
      const { tell, ...range } = moveRange(calculation, i, start, end);
      return tell(memory.evaluate(group.sides[i], { aggregates, ...range }));
    });
    return calculation.expression ? calculate(calculation.expression, told) : told[0];
  }

  /** With a replica for reads either may be away: without the one nothing is new, without the other nothing is old. */
  async function ping(): Promise<void> {
    await Promise.all([store.ping('write'), store.ping('read')]);
  }

  return { answer, resolve, read, readMemory, memoryFrom, ping };
}
