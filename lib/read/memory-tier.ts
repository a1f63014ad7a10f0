import type { Registry } from '../memory/catalogue/registry';
import { type Evaluation, evaluate, evaluateInSlices } from '../memory/ring/evaluate';
import type { PredecessorFetch } from '../memory/ring/fetch-predecessors';
import type { Ring } from '../memory/ring/ring';
import type { SampleBuffer } from '../memory/ring/sample-buffer';
import { type Aggregate, isGrowth } from '../model/aggregates';
import { alignUp, type Point, type PointsAnswer } from '../model/points';
import type { Series } from '../model/series';
import { SECOND } from '../model/time/duration';
import type { Figures } from '../observe/figures';
import type { PausableWork, ReadingWork } from '../runtime/work/work';
import type { StoreQuestion } from '../store/store';
import type { OperandQuestion, ReadOperand } from './query/grouped-question';

/** Reads the points that are older than memory. */
export type ReadOlder = (question: StoreQuestion, work: ReadingWork) => Promise<PointsAnswer>;

/** Answers for one operand, the newest points from memory. */
export interface MemoryTier {
  /** Reads the newest points from memory, and older ones with `readOlder`. */
  readWith(readOlder: ReadOlder): ReadOperand;
  /**
   * Since when, epoch ms, the ring holds every sample, and for growth also each sample's predecessor. Missing
   * predecessors are requested, so that a later call has more.
   */
  coveredFrom(metric: string, aggregates: readonly Aggregate[]): number;
  /** The points of one group's series, at once; the range must begin at `coveredFrom` or later. */
  evaluate(series: readonly Series[], evaluation: Evaluation): Point[];
}

/** So few are evaluated without a pause: it takes a millisecond or two. */
const FEW_SERIES = 16;

export interface MemoryTierParts {
  registry: Pick<Registry, 'metrics' | 'knownMetric'>;
  ring: Pick<Ring, 'samples' | 'coveredSince' | 'predecessorsSince'>;
  predecessors: PredecessorFetch;
  figures: Pick<Figures, 'tierSeconds' | 'ringReads'>;
}

export function createMemoryTier({ registry, ring, predecessors, figures }: MemoryTierParts): MemoryTier {
  const { tierSeconds, ringReads } = figures;

  function readWith(readOlder: ReadOlder): ReadOperand {
    return async (question, work) => {
      const { groups, aggregates, start, end, step, starts } = question;
      const metric = registry.knownMetric(question.metric);
      const firstCovered = () =>
        Math.min(end, Math.max(start, stepFrom(question, coveredFrom(metric.name, aggregates))));
      const from = firstCovered();
      // Memory first: while the database answers, the ring may evict samples.
      const beganAt = performance.now();
      const found: Point[][] = [];
      for (const group of from < end ? groups : [])
        found.push(await evaluateGroup(group, { ...question, start: from }, work));
      if (from < end) tierSeconds.observe('ring', (performance.now() - beganAt) / SECOND);
      // It may also have evicted some while this evaluation was paused.
      const cut = Math.max(from, firstCovered());
      const recent = groups.map((_, i) =>
        cut === from ? (found[i] ?? []) : found[i].filter(([t]) => t >= cut),
      );
      const isInMemory = cut === start || groups.length === 0;
      ringReads.add(isInMemory ? 'hit' : cut < end ? 'part' : 'miss');
      if (isInMemory) return { groups: recent, tier: 'ring' };
      const olderQuestion = {
        metricId: metric.id,
        groups: groups.map((series) => series.map(({ id }) => id)),
        wholeMetric: groups.reduce((sum, series) => sum + series.length, 0) === metric.series.length,
        aggregates,
        start,
        end: cut,
        step,
        ...(starts && { starts: starts.filter((t) => t < cut) }),
      };
      const older = await readOlder(olderQuestion, work);
      return { groups: older.groups.map((points, i) => points.concat(recent[i])), tier: older.tier };
    };
  }

  function coveredFrom(name: string, aggregates: readonly Aggregate[]): number {
    const metric = registry.metrics.get(name);
    const covered = ring.coveredSince(metric?.id);
    if (!aggregates.some(isGrowth)) return covered;
    const from = ring.predecessorsSince(metric?.id);
    if (metric && from > covered) predecessors.request(metric);
    return from;
  }

  async function evaluateGroup(
    group: readonly Series[],
    question: OperandQuestion,
    work: PausableWork,
  ): Promise<Point[]> {
    if (work.isDue('evaluate')) await work.pause();
    if (group.length <= FEW_SERIES) return evaluateAtOnce(group, question);
    const buffers: SampleBuffer[] = [];
    for (const { id } of group) {
      if (work.isDue('evaluate')) await work.pause();
      const samples = ring.samples(id);
      if (samples) buffers.push(samples);
    }
    return evaluateInSlices(buffers, question, work);
  }

  function evaluateAtOnce(series: readonly Series[], evaluation: Evaluation): Point[] {
    return evaluate(
      series.flatMap(({ id }) => ring.samples(id) ?? []),
      evaluation,
    );
  }

  return { readWith, coveredFrom, evaluate: evaluateAtOnce };
}

/** The first step that begins at `covered` or later. */
function stepFrom({ start, end, step, starts }: OperandQuestion, covered: number): number {
  return starts ? (starts.find((t) => t >= covered) ?? end) : start + alignUp(covered - start, step);
}
