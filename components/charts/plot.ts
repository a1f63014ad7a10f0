import type { Point } from '@/lib/model';

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
  return height - ((value - low) / (high - low)) * height;
}

export function timeAt({ width, x: [start, end] }: Plot, px: number): number {
  return start + (Math.min(width, Math.max(0, px)) / width) * (end - start);
}

/**
 * Where a line breaks: between points farther apart than one and a half steps, or, where samples come more
 * rarely than the step (a 1-second step over a 10-second series), than one and a half times their usual distance.
 * In ms. A line is never drawn across a gap, and a gap is never drawn as zero.
 */
export function gapLimit(points: readonly Point[], step: number): number {
  if (points.length < 3) return 1.5 * step;
  const distances: number[] = [];
  for (let i = 1; i < points.length; i++) distances.push(points[i][0] - points[i - 1][0]);
  distances.sort((a, b) => a - b);
  return 1.5 * Math.max(step, distances[distances.length >> 1]);
}

/** The points cut at the gaps; every piece has at least one. */
export function pieces(points: readonly Point[], limit: number): Point[][] {
  const cut: Point[][] = [];
  let piece: Point[] = [];
  for (const point of points) {
    if (piece.length > 0 && point[0] - piece[piece.length - 1][0] > limit) {
      cut.push(piece);
      piece = [];
    }
    piece.push(point);
  }
  if (piece.length > 0) cut.push(piece);
  return cut;
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
  points: readonly Point[],
  plot: Plot,
  step: number,
  openFrom: number,
): SeriesPaths {
  const paths: SeriesPaths = { line: '', openLine: '', band: '', dots: [] };
  const limit = gapLimit(points, step);
  for (const piece of pieces(inView(points, plot, limit), limit)) {
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
function inView(points: readonly Point[], { x: [start, end] }: Plot, limit: number): readonly Point[] {
  return points.filter(([t]) => t >= start - limit && t <= end + limit);
}

function place(plot: Plot, t: number, value: number): { x: number; y: number } {
  return { x: tenth(xOf(plot, t)), y: tenth(yOf(plot, value)) };
}

function trace(plot: Plot, points: readonly Point[], column: number, first: 'M' | 'L'): string {
  return points
    .map((point, i) => {
      const { x, y } = place(plot, point[0], point[column]);
      return `${i === 0 ? first : 'L'}${x},${y}`;
    })
    .join('');
}

/** A tenth of a pixel is finer than any screen, and shorter than a float. */
function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The point nearest to `t`, null when it is farther away than `within` ms. Points ascending. */
export function nearestPoint(points: readonly Point[], t: number, within: number): Point | null {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < t) low = middle + 1;
    else high = middle;
  }
  const candidates = [points[low - 1], points[low]].filter((point) => point !== undefined);
  const best = candidates.sort((a, b) => Math.abs(a[0] - t) - Math.abs(b[0] - t))[0];
  return best && Math.abs(best[0] - t) <= within ? best : null;
}
