import { bisect } from './bisect';
import type { Labels } from './labels';
import type { Tier } from './rollup/tiers';

/**
 * A *point* is what a question is answered with: the aggregate of all samples in `[t, t + step)`. Its
 * start `t` names it.
 *
 * `[t, value, …]`: epoch ms of the point's start, then one value per aggregate asked for, in that order. Null where
 * several were asked for and this one cannot be computed; at least one is not null.
 */
export type Point = [t: number, ...values: Array<number | null>];

/** A point without nulls, as charts draw it. */
export type WholePoint = [t: number, ...values: number[]];

export function isWhole(point: Point): point is WholePoint {
  return !point.includes(null);
}

/** One group of an answer: the labels it is grouped by and its points, ascending in time. */
export interface GroupPoints {
  labels: Labels;
  points: Point[];
}

/** The points of each group, in the question's order, and where they were read. */
export interface PointsAnswer {
  groups: Point[][];
  tier: Tier;
}

/** Epoch ms; `end` is exclusive. */
export interface TimeRange {
  start: number;
  end: number;
}

/**
 * Points begin at `start` and every `step` ms after it, before `end`. Where they differ in width, as days and months
 * do, they begin at `starts`, and `step` is their usual width.
 */
export interface PointRange extends TimeRange {
  step: number;
  starts?: readonly number[];
}

/** The start of the point that holds `t`. */
export function alignDown(t: number, step: number): number {
  return Math.floor(t / step) * step;
}

export function alignUp(t: number, step: number): number {
  return Math.ceil(t / step) * step;
}

/** The index of the first point at `t` or later, of ascending points; their number when there is none. */
export function positionOf(points: readonly Point[], t: number): number {
  return bisect(0, points.length, (at) => points[at][0] >= t);
}
