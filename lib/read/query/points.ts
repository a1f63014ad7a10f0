import type { Aggregate } from '../../model/aggregates';
import type { Labels } from '../../model/labels';
import type { Point, PointRange } from '../../model/points';
import type { Tier } from '../../model/rollup/tiers';
import type { Metric, Series } from '../../model/series';
import type { Steps } from '../../model/time/steps';
import type { Work } from '../../runtime/work/work';
import type { Expression } from './expression';

/** One side of a question: a metric, or where a question calculates, each of two. */
export interface Side {
  metric: Metric;
  aggregates: readonly Aggregate[];
  /** What is told at `t` is of so much before it, ms. */
  offset: number;
}

/** One line of an answer, and the series that each side pools for it. */
export interface SidedGroup {
  /** Identifies the group within its question. */
  readonly key: string;
  readonly labels: Labels;
  readonly sides: ReadonlyArray<readonly Series[]>;
}

/** What is computed of groups, whichever they are and whenever. */
export interface Calculation {
  sides: readonly Side[];
  /** What is made of the sides' points; null where there is one side, as it is. */
  expression: Expression | null;
  steps: Steps;
}

/** A question whose series are chosen and grouped. `start` and `end`, epoch ms, are where a step begins. */
export interface GroupedQuestion extends Calculation {
  groups: readonly SidedGroup[];
  start: number;
  end: number;
}

/** What one side is asked: its range is where its samples lie, its offset before the question's. */
export interface SideQuestion extends PointRange {
  metric: Metric;
  /** Series of each group. */
  groups: ReadonlyArray<readonly Series[]>;
  aggregates: readonly Aggregate[];
}

export interface PointsAnswer {
  /** Points of each group, in the question's order. */
  points: Point[][];
  tier: Tier;
}

export type ReadPoints = (question: GroupedQuestion, work: Work) => Promise<PointsAnswer>;
export type ReadSide = (question: SideQuestion, work: Work) => Promise<PointsAnswer>;
