import type { Point, TimeRange } from '../../model/points';
import { listStarts } from '../../model/time/steps';
import type { LiveQuestion } from './live-question';

/** Whether a point may be removed again: it is then sent with null for each value. */
export function canBeRemoved({ expression }: LiveQuestion): boolean {
  return expression !== null;
}

/** A point that is there no longer, as it is sent. */
export function removedPoint({ operands }: LiveQuestion, slot: number): Point {
  return [slot, ...operands[0].aggregates.map(() => null)];
}

/** The points at each of some times; as removed where there is none. */
export function atEach(question: LiveQuestion, slots: readonly number[], points: readonly Point[]): Point[] {
  const known = new Map(points.map((point) => [point[0], point]));
  return slots.map((slot) => known.get(slot) ?? removedPoint(question, slot));
}

/** The points at all steps of a range, as removed where there is none; points beyond the range stay as they are. */
export function withRemoved(
  question: LiveQuestion,
  points: readonly Point[],
  { start, end }: TimeRange,
): Point[] {
  const slots = listStarts(question.steps, start, end);
  return atEach(question, slots, points).concat(points.filter(([t]) => t >= end));
}
