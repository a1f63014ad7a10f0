import type { Matcher } from '../../../model/labels';
import type { Span } from '../errors';

/** What an expression comes to: a number a step; series; series over a stretch of time for each step; text. */
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** The moment of a `@`: epoch ms, or an end of the range that is asked for. */
export type At = number | 'start' | 'end';

/** `offset` and `@`. */
export interface TimeShift {
  offsetMs: number;
  at: At | null;
}

export interface NumberLiteral extends Span {
  kind: 'number';
  value: number;
}

export interface StringLiteral extends Span {
  kind: 'string';
  value: string;
}

export interface Selector extends Span, TimeShift {
  kind: 'selector';
  /** The metric's name is one of them, under `__name__`. */
  matchers: Matcher[];
}

export interface RangeSelector extends Span {
  kind: 'range';
  selector: Selector;
  rangeMs: number;
}

export interface Subquery extends Span, TimeShift {
  kind: 'subquery';
  expr: Expr;
  rangeMs: number;
  /** Null: the default. */
  stepMs: number | null;
}

export interface Call extends Span {
  kind: 'call';
  name: string;
  args: Expr[];
}

export interface Aggregation extends Span {
  kind: 'aggregation';
  operator: string;
  expr: Expr;
  param: Expr | null;
  labels: string[];
  isWithout: boolean;
}

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';

/** How the series on both sides of an operator find each other. */
export interface Matching {
  cardinality: Cardinality;
  /** Whether `labels` are those that must agree (`on`), or those that need not (`ignoring`). */
  isOn: boolean;
  labels: string[];
  /** Labels that the side with one series gives to the result. */
  include: string[];
}

export interface Binary extends Span {
  kind: 'binary';
  operator: string;
  left: Expr;
  right: Expr;
  isBool: boolean;
  matching: Matching;
}

export interface Negation extends Span {
  kind: 'negation';
  expr: Expr;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | Selector
  | RangeSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Negation;

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);
