import type { Unit } from '../format';
import type { GroupPoints } from '../points';

/** The parameters of an expression's page, as its URL has them. */
export interface PromqlQuestion {
  query: string;
  start: string;
  end: string;
  /** `auto`, or a duration. */
  step: string;
}

/** What series an expression comes to over a range. */
export interface PromqlSeries {
  kind: 'series';
  /** The first step and the last, epoch ms; both are multiples of the step. */
  start: number;
  end: number;
  step: number;
  /** Whose points are values at steps; values that are no finite numbers are left out. */
  series: GroupPoints[];
  /** Whether there are more than these. */
  isCut: boolean;
  /** What Prometheus would say about the answer. */
  notes: string[];
  /** The server's time of the answer, epoch ms. */
  asOf: number;
}

/** What to make of the values, which the expression tells. */
export interface PromqlMeaning {
  unit: Unit;
  /** Whether values depend on the ends of the range, so that a part of it cannot be computed by itself. */
  isOfWholeRange: boolean;
}

/** What the controls can ask of what an expression asks: query parameters. */
export interface PromqlBuilder {
  metric: string;
  match: string;
  by: string;
}

/** Where in an expression, characters from its start; `to` exclusive. */
export interface PromqlPlace {
  from: number;
  to: number;
}

/** Why an expression has no answer. */
export interface PromqlProblem {
  kind: 'problem';
  message: string;
  /** Null: it is about no place. */
  place: PromqlPlace | null;
}

export type PromqlAnswer =
  | (PromqlSeries & { meaning: PromqlMeaning })
  | { kind: 'text'; text: string }
  | PromqlProblem;
