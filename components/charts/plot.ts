import { positionOf, type WholePoint } from '@/lib/model/points';

/** A rectangle of the screen and the times and values it spans. Pure arithmetic: the server draws with it too. */
export interface Plot {
  width: number;
  height: number;
  x: readonly [start: number, end: number];
  y: readonly [low: number, high: number];
}

export function xOf({ width, x: [start, end] }: Plot, t: number): number {
  return ((t - start) / (end - start)) * width;
}

export function yOf({ height, y: [low, high] }: Plot, value: number): number {
  return height - shareOf(value, low, high) * height;
}

/** The position of `value` between `low` and `high`, 0 to 1. Their difference may exceed float64. */
function shareOf(value: number, low: number, high: number): number {
  if (!(low < high)) return 0.5;
  if (Number.isFinite(high - low)) return (value - low) / (high - low);
  return (value / 2 - low / 2) / (high / 2 - low / 2);
}

export function timeAt({ width, x: [start, end] }: Plot, px: number): number {
  return start + (Math.min(width, Math.max(0, px)) / width) * (end - start);
}

/**
 * How far apart two points of one line may be, ms: one and a half steps; or, where samples are rarer than the step (a
 * 1-second step over a 10-second series), one and a half times their usual distance.
 */
export function gapLimit(points: readonly WholePoint[], step: number): number {
  const distances = points.slice(1).map(([t], i) => t - points[i][0]);
  return 1.5 * Math.max(step, distances.length < 2 ? 0 : median(distances));
}

/** Neighbours on either side that give the usual distance there: a series may change its interval. */
const NEIGHBOURS = 3;

/**
 * The points cut at the gaps, each piece with at least one point. A line is never drawn across a gap, and a gap is
 * never drawn as zero. A gap is defined as in `gapLimit`, by the distances nearby.
 */
export function pieces(points: readonly WholePoint[], step: number): WholePoint[][] {
  const distances = points.slice(1).map(([t], i) => t - points[i][0]);
  const isGap = (at: number) => {
    if (distances[at] <= 1.5 * step) return false;
    const before = distances.slice(Math.max(0, at - NEIGHBOURS), at);
    const after = distances.slice(at + 1, at + 1 + NEIGHBOURS);
    // Usual on one side is enough: where a series changes its interval, the distance belongs to the slower part.
    return ![before, after].some((near) => near.length > 1 && distances[at] <= 1.5 * median(near));
  };
  const cut: WholePoint[][] = [];
  let from = 0;
  for (let i = 1; i <= points.length; i++) {
    if (i < points.length && !isGap(i - 1)) continue;
    cut.push(points.slice(from, i));
    from = i;
  }
  return points.length > 0 ? cut : [];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

export interface SeriesPaths {
  /** Through the points that are complete. */
  line: string;
  /** To the point that is still filling; empty when there is none. */
  openLine: string;
  /** Between the second and the third value of each point (lowest, highest); empty without those. */
  band: string;
  /** Points with no neighbour, which no line shows. */
  dots: Array<{ x: number; y: number; open: boolean }>;
}

/** One series as SVG. `openFrom`: points starting later than this are still filling (`now - step`). */
export function seriesPaths(
  points: readonly WholePoint[],
  plot: Plot,
  step: number,
  openFrom: number,
): SeriesPaths {
  const paths: SeriesPaths = { line: '', openLine: '', band: '', dots: [] };
  const limit = gapLimit(points, step);
  for (const piece of pieces(inView(points, plot, limit), step)) {
    const last = piece[piece.length - 1];
    const open = last[0] > openFrom;
    const closed = open ? piece.slice(0, -1) : piece;
    if (piece.length === 1) paths.dots.push({ ...place(plot, last[0], last[1]), open });
    else if (closed.length === 1) paths.openLine += trace(plot, piece, 1, 'M');
    else {
      paths.line += trace(plot, closed, 1, 'M');
      if (open) paths.openLine += trace(plot, piece.slice(-2), 1, 'M');
    }
    if (piece.length > 1 && last.length > 3) {
      paths.band += `${trace(plot, piece, 3, 'M')}${trace(plot, piece.toReversed(), 2, 'L')}Z`;
    }
  }
  return paths;
}

/** Those in the plot and the neighbours just outside, so that lines reach its edges. */
function inView(
  points: readonly WholePoint[],
  { x: [start, end] }: Plot,
  limit: number,
): readonly WholePoint[] {
  return points.filter(([t]) => t >= start - limit && t <= end + limit);
}

function place(plot: Plot, t: number, value: number): { x: number; y: number } {
  return { x: tenth(xOf(plot, t)), y: tenth(yOf(plot, value)) };
}

function trace(plot: Plot, points: readonly WholePoint[], column: number, first: 'M' | 'L'): string {
  return points
    .map((point, i) => {
      const { x, y } = place(plot, point[0], point[column]);
      return `${i === 0 ? first : 'L'}${x},${y}`;
    })
    .join('');
}

/** Far outside of any screen, and a valid coordinate. */
const FAR_PX = 1e6;

/** A tenth of a pixel is finer than any screen, and shorter than a float. */
function tenth(px: number): number {
  return Math.round(Math.min(FAR_PX, Math.max(-FAR_PX, px)) * 10) / 10;
}

/** The point nearest to `t`, null when it is farther away than `within` ms. Points ascending. */
export function nearestPoint(points: readonly WholePoint[], t: number, within: number): WholePoint | null {
  const at = positionOf(points, t);
  const candidates = [points[at - 1], points[at]].filter((point) => point !== undefined);
  const best = candidates.sort((a, b) => Math.abs(a[0] - t) - Math.abs(b[0] - t))[0];
  return best && Math.abs(best[0] - t) <= within ? best : null;
}
