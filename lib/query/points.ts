import type { SeriesGroup } from '../catalogue/groups';
import type { Metric } from '../catalogue/registry';
import type { Aggregate, Point, Tier } from '../model';
import type { Work } from '../work/work';

/** A question about series already chosen and grouped. Times are epoch ms; points begin at `start` and every `step` after it, up to `end`. */
export interface PointsQuestion {
  metric: Metric;
  groups: readonly SeriesGroup[];
  aggregates: readonly Aggregate[];
  start: number;
  end: number;
  step: number;
}

export interface PointsAnswer {
  /** Points of each group, in the question's order. */
  points: Point[][];
  tier: Tier;
}

export type ReadPoints = (question: PointsQuestion, work: Work) => Promise<PointsAnswer>;
