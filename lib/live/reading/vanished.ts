import type { Point, TimeRange } from '../../model/points';
import { listStarts } from '../../model/time/steps';
import type { LiveQuestion } from './live-question';

/** Whether a point may cease to be: then it is told as taken back, with null for each value. */
export function canVanish({ expression }: LiveQuestion): boolean {
  return expression !== null;
}

/** What is told of a point that there is no longer. */
export function takenBack({ operands }: LiveQuestion, slot: number): Point {
  return [slot, ...operands[0].aggregates.map(() => null)];
}

/** The points at each of some times; those that there are not, taken back. */
export function atEach(question: LiveQuestion, slots: readonly number[], points: readonly Point[]): Point[] {
  const known = new Map(points.map((point) => [point[0], point]));
  return slots.map((slot) => known.get(slot) ?? takenBack(question, slot));
}

/** All points of a range, those that there are not taken back; points beyond the range stay as they are. */
export function withGone(
  question: LiveQuestion,
  points: readonly Point[],
  { start, end }: TimeRange,
): Point[] {
  const slots = listStarts(question.steps, start, end);
  return atEach(question, slots, points).concat(points.filter(([t]) => t >= end));
}
