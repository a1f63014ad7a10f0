import { isGrowth } from './aggregates';
import { createRangeCache, type RangeCache } from './cache/range-cache';
import { groupSeries, type SeriesGroup } from './catalogue/groups';
import type { Registry } from './catalogue/registry';
import type { Env } from './env';
import { isPulseError } from './errors';
import {
  alignUp,
  type GroupPoints,
  type MetricType,
  type Point,
  type Question,
  SECOND,
  type Tier,
} from './model';
import { fillPoints } from './query/fill';
import { isRaw, limitGroups, limitPoints, limitRawPoints, limitRawSamples } from './query/limits';
import { type Note, notesOn } from './query/notes';
import type { QueryParams } from './query/params';
import type { PointsAnswer, PointsQuestion, ReadPoints } from './query/points';
import { resolveQuestion } from './query/question';
import { rankGroups } from './query/rank';
import { topGroups } from './query/top';
import type { RedisCommands } from './redis/commands';
import { type Evaluation, evaluate, evaluateAside } from './ring/evaluate';
import { MetricRhythms } from './ring/metric-rhythm';
import { createPredecessors } from './ring/predecessors';
import type { Ring } from './ring/ring';
import type { SampleBuffer } from './ring/sample-buffer';
import { MAX_POINTS } from './rollup/choose';
import { type Retention, retentionFrom } from './rollup/steps';
import { figures } from './self/figures';
import { createSingleFlight } from './single-flight';
import type { Store, StoreQuestion } from './store/store';
import { refusedWork, Work } from './work/work';

export interface HistoryAnswer {
  metric: string;
  type: MetricType;
  unit: string;
  /** As asked, several comma separated. */
  aggregate: string;
  /** Width of a point, ms. */
  step: number;
  tier: Tier;
  /** Epoch ms, multiples of `step`; `end` exclusive. */
  start: number;
  end: number;
  /** Server time, epoch ms. Everything committed before is in the answer, if in its range: where a live stream takes over. */
  cursor: number;
  /**
   * Set while the database is away: everything from here on, epoch ms, came from memory. Points before are what the
   * cache had, as they were when the database could last be asked; there may be gaps.
   */
  degraded?: { reason: 'database_unavailable'; completeFrom: number };
  /** What a person should know, such as why there are no points where there are samples; absent when there is nothing. */
  notes?: Note[];
  /** In the order of their labels, or of their rank. Groups without points are left out. */
  series: GroupPoints[];
}

/** The read path: a question goes in, points come out, whether from memory or the database. */
export interface History {
  /** @throws PulseError `unknown_metric`, `bad_parameter`, `too_many_points`, `too_expensive`, `database_unavailable`. */
  answer(params: QueryParams, asking?: Asking): Promise<HistoryAnswer>;
  /** What is asked, in absolute terms. */
  resolve(params: QueryParams, now: number): Question;
  /** The same points for a live query, which has its groups already. */
  read: ReadPoints;
  /** The points of one group that are in memory, at once; the range must begin at `memoryFrom` or later. */
  readMemory(group: SeriesGroup, evaluation: Evaluation): Point[];
  /** From here on, epoch ms, points come from memory: where a step begins, `start` (or 0) being such a place. */
  memoryFrom(question: StepsOfMetric): number;
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

/** Steps that points of a metric are asked for in. */
export interface StepsOfMetric extends Pick<Question, 'metric' | 'aggregates' | 'step'> {
  start?: number;
}

/** Their samples are evaluated in a millisecond or two, at once. */
const FEW_SERIES = 16;

/** Points from before memory, of each group in the question's order. */
interface OlderAnswer {
  groups: Point[][];
  tier: Tier;
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
  const { tierSeconds, ringReads } = figures();
  const database = {
    readPoints: readDatabase,
    readClosed: (metricId: number) => store.readClosed(metricId),
  };
  const cache: RangeCache | null = redis && createRangeCache({ store: database, redis });
  const predecessors = createPredecessors(ring, store);
  const read = readWith(cache ? cache.readPoints : database.readPoints);

  async function answer(params: QueryParams, asking: Asking = {}): Promise<HistoryAnswer> {
    const { work = new Work(), now = clock() } = asking;
    const question = resolve(params, now);
    const mostRaw = params.maxPoints ?? MAX_POINTS;
    const key = JSON.stringify([question, mostRaw]);
    return work.run(async () => {
      for (;;) {
        try {
          const found = await once(key, () => answerNow(question, mostRaw, now, work));
          work.addPoints(found.series.reduce((sum, { points }) => sum + points.length, 0));
          return found;
        } catch (error) {
          // Whoever asked the same was refused, or has left: that is no answer to us.
          if ((refusedWork(error) ?? work) === work) throw error;
        }
      }
    });
  }

  function resolve(params: QueryParams, now: number): Question {
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
    try {
      return await answerWhole(question, mostRaw, now, read, work);
    } catch (error) {
      if (!isPulseError(error) || error.code !== 'database_unavailable') throw error;
      const completeFrom = Math.min(question.end, Math.max(question.start, memoryFrom(question)));
      const degraded = { reason: error.code, completeFrom } as const;
      // The newest part is what people look at when something is wrong.
      const { notes: _, ...known } = await answerWhole(
        question,
        mostRaw,
        now,
        readWith(recall),
        work,
        completeFrom,
      );
      if (completeFrom === question.end && known.series.every(({ points }) => points.length === 0))
        throw error;
      return { ...known, degraded };
    }
  }

  /** What is known of the past while the database cannot be asked. */
  async function recall(question: StoreQuestion): Promise<OlderAnswer> {
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
    const { aggregates, by, matchers, step, start, end, ranking, fill } = question;
    // A metric this node has not met may have been created on another one a moment ago.
    if (learn && !registry.metrics.has(question.metric)) await learn();
    const metric = registry.knownMetric(question.metric);
    // Not after the moment the range was resolved at: what lies beyond the range is then after the cursor, too.
    const cursor = Math.min(now, clock());
    const limit = (count: number) => limitGroups(count, by, ranking);
    const matching = await groupSeries(metric.series, { matchers, by, limit }, work);
    const range = { metric, aggregates, start, end, step };
    const groups = ranking
      ? await rankGroups({ ...range, groups: matching }, ranking, readPoints, work, completeFrom)
      : matching;
    if (fill !== 'none') limitPoints(groups.length, question);
    const { points, tier } = await readWithin({ ...range, groups }, mostRaw, readPoints, work);
    const looked = groups.length === 0 ? matching : groups;
    const notes = await notesOn({ ...range, groups: looked }, points, readPoints, work);
    const found = groups.map(({ labels }, i) => ({ labels, points: points[i] }));
    // Between ranking and reading a newer point may have come.
    const series = ranking?.by === 'latest' ? topGroups(found, ranking) : found;
    return {
      metric: metric.name,
      type: metric.type,
      unit: metric.unit,
      aggregate: aggregates.join(),
      step,
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
    const whole: GroupPoints[] = [];
    for (const { labels, points } of told) {
      if (work.isDue('evaluate')) await work.pause();
      whole.push({ labels, points: fillPoints(points, fill, (t) => t + step) });
    }
    return whole;
  }

  /** Reads no more than an answer may hold. */
  async function readWithin(
    question: PointsQuestion,
    mostRaw: number,
    readPoints: ReadPoints,
    work: Work,
  ): Promise<PointsAnswer> {
    if (!isRaw(question)) {
      await work.expectPoints(limitPoints(question.groups.length, question));
      return readPoints(question, work);
    }
    await work.expectPoints(await limitRawSamples(question, mostRaw, readPoints, work));
    const answer = await readPoints(question, work);
    limitRawPoints(answer, mostRaw);
    return answer;
  }

  /** Reads the newest part from memory, and what is before that with `readOlder`. */
  function readWith(readOlder: (question: StoreQuestion) => Promise<OlderAnswer>): ReadPoints {
    return async (question, work) => {
      const { metric, groups, aggregates, start, end, step } = question;
      const reach = () =>
        Math.min(end, Math.max(start, memoryFrom({ metric: metric.name, aggregates, step, start })));
      const from = reach();
      // Memory first: while the database answers, the ring may let go of what was there.
      const beganAt = performance.now();
      const found: Point[][] = [];
      for (const group of from < end ? groups : [])
        found.push(await readMemoryAside(group, { aggregates, start: from, end, step }, work));
      if (from < end) tierSeconds.observe('ring', (performance.now() - beganAt) / SECOND);
      // And so it may while this is put aside; that it may come to know more is of no use to what has been read.
      const cut = Math.max(from, reach());
      const recent = groups.map((_, i) =>
        cut === from ? (found[i] ?? []) : found[i].filter(([t]) => t >= cut),
      );
      const isInMemory = cut === start || groups.length === 0;
      ringReads.add(isInMemory ? 'hit' : cut < end ? 'part' : 'miss');
      if (isInMemory) return { points: recent, tier: 'ring' };
      const older = await readOlder({
        metricId: metric.id,
        groups: groups.map(({ series }) => series.map(({ id }) => id)),
        wholeMetric: groups.reduce((sum, { series }) => sum + series.length, 0) === metric.series.length,
        aggregates,
        start,
        end: cut,
        step,
      });
      return { points: older.groups.map((points, i) => points.concat(recent[i])), tier: older.tier };
    };
  }

  async function readDatabase(question: StoreQuestion) {
    const beganAt = performance.now();
    try {
      return await store.readPoints(question);
    } finally {
      tierSeconds.observe('database', (performance.now() - beganAt) / SECOND);
    }
  }

  /**
   * The first step of which the ring holds every sample, and for growth also each sample's predecessor. Where it lacks
   * some of these they are asked for, so that it soon is an earlier one.
   */
  function memoryFrom({ metric: name, aggregates, step, start = 0 }: StepsOfMetric): number {
    const metric = registry.metrics.get(name);
    const covered = ring.coveredSince(metric?.id);
    const from = aggregates.some(isGrowth) ? ring.growthSince(metric?.id) : covered;
    if (metric && from > covered) predecessors.want(metric);
    return start + alignUp(from - start, step);
  }

  async function readMemoryAside(group: SeriesGroup, evaluation: Evaluation, work: Work): Promise<Point[]> {
    if (work.isDue('evaluate')) await work.pause();
    if (group.series.length <= FEW_SERIES) return readMemory(group, evaluation);
    const buffers: SampleBuffer[] = [];
    for (const { id } of group.series) {
      if (work.isDue('evaluate')) await work.pause();
      const samples = ring.samples(id);
      if (samples) buffers.push(samples);
    }
    return evaluateAside(buffers, evaluation, work);
  }

  function readMemory({ series }: SeriesGroup, evaluation: Evaluation): Point[] {
    const buffers = series.flatMap(({ id }) => ring.samples(id) ?? []);
    return evaluate(buffers, evaluation);
  }

  /** With a replica for reads either may be away: without the one nothing is new, without the other nothing is old. */
  async function ping(): Promise<void> {
    await Promise.all([store.ping('write'), store.ping('read')]);
  }

  return { answer, resolve, read, readMemory, memoryFrom, ping };
}
