import type { Point } from './points';
import type { Fill } from './question';

export const FILL_WORDS = ['none', 'previous', 'linear'] as const satisfies readonly Fill[];

/**
 * Fills the gaps between points, for each value by itself: from its first point to its last. Pure, so that live queries
 * can compute which filled points a change affects.
 *
 * @param points ascending
 * @param after the start of the step after the one that begins at the given time
 */
export function fillPoints(points: Point[], fill: Fill, after: (start: number) => number): Point[] {
  if (fill === 'none' || points.length === 0) return points;
  const filled: Point[] = [];
  const last = points[points.length - 1][0];
  for (let t = points[0][0], i = 0; t <= last; t = after(t)) {
    if (points[i][0] === t) filled.push([...points[i++]]);
    else filled.push([t, ...points[0].slice(1).map(() => null)]);
  }
  for (let place = 1; place < points[0].length; place++) fillPlace(filled, place, fill);
  return filled.filter(hasValue);
}

/** Whether a point has any value; in the live stream, one without removes the point at its time. */
export function hasValue(point: Point): boolean {
  return point.some((value, place) => place > 0 && value !== null);
}

function fillPlace(points: Point[], place: number, fill: Exclude<Fill, 'none'>): void {
  let before = -1;
  for (let i = 0; i < points.length; i++) {
    if (points[i][place] === null) continue;
    for (let gap = before + 1; before >= 0 && gap < i; gap++)
      points[gap][place] = between(points[before], points[i], points[gap][0], place, fill);
    before = i;
  }
}

function between(
  before: Point,
  after: Point,
  t: number,
  place: number,
  fill: Exclude<Fill, 'none'>,
): number | null {
  if (typeof fill === 'number') return fill;
  const [from, to] = [before[place], after[place]];
  if (fill === 'previous' || from === null || to === null || from === to) return from;
  const share = (t - before[0]) / (after[0] - before[0]);
  // Not `from + share * (to - from)`: two ends of float64 lie further apart than float64 reaches.
  return from * (1 - share) + to * share;
}
