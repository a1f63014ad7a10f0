import { type Point, positionOf, type TimeRange } from '../../model/points';
import type { Piece } from './piece';

export interface Joined {
  /** The pieces have all points before this, without a gap. */
  reached: number;
  /** Points of each group in `[start, reached)`. */
  groups: Point[][];
}

/** Joins cached pieces from the start of the range to the first gap; piece `i` is of block `i`, null: not cached. */
export function joinPieces(
  blocks: readonly TimeRange[],
  pieces: ReadonlyArray<Piece | null>,
  { start, end }: TimeRange,
  groupCount: number,
): Joined {
  const groups: Point[][] = Array.from({ length: groupCount }, () => []);
  let reached = start;
  for (const [i, block] of blocks.entries()) {
    const piece = pieces[i];
    if (!piece || piece.from > reached || piece.until <= reached) break;
    const until = Math.min(piece.until, block.end, end);
    for (const [group, points] of piece.groups.entries()) {
      for (const point of points) if (point[0] >= reached && point[0] < until) groups[group].push(point);
    }
    reached = until;
    if (reached < block.end) break;
  }
  return { reached, groups };
}

/**
 * Cuts the points of `[start, end)` into a piece for each block, joined with what is cached of that block before the
 * range. Null where the cached piece has as much already.
 */
export function cutIntoPieces(
  blocks: readonly TimeRange[],
  pieces: ReadonlyArray<Piece | null>,
  { start, end }: TimeRange,
  groups: ReadonlyArray<readonly Point[]>,
): Array<Piece | null> {
  return blocks.map((block, i) => {
    const from = Math.max(start, block.start);
    const until = Math.min(end, block.end);
    const known = pieces[i];
    if (known && known.from <= from && known.until >= until) return null;
    const before = known && known.from < from && known.until >= from ? known : null;
    return {
      from: before?.from ?? from,
      until,
      groups: groups.map((points, group) => [
        ...(before?.groups[group].filter(([t]) => t < from) ?? []),
        ...points.slice(positionOf(points, from), positionOf(points, until)),
      ]),
    };
  });
}
