import type { Aggregate } from './aggregates';
import type { Matcher } from './labels';

/** Which groups of an answer are kept, and which come first. */
export interface Ranking {
  count: number;
  order: 'highest' | 'lowest';
  /** `latest`: the newest point's first value; `range`: the first aggregate over the whole range as one step. */
  by: 'latest' | 'range';
}

/**
 * The value where a group has no point: none, a number, the value before, or one on the line between its neighbours.
 */
export type Fill = 'none' | 'previous' | 'linear' | number;

/** A metric that a question computes from: its only one, or `a` or `b` of its expression. */
export interface Operand {
  metric: string;
  aggregates: readonly Aggregate[];
  matchers: readonly Matcher[];
  /** The point at `t` is made of samples this much earlier, ms. */
  offset: number;
}
