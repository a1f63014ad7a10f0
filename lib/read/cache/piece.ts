import type { Point } from '../../model/points';

/** A cached part of a block: the points of every group in `[from, until)`, epoch ms. */
export interface Piece {
  from: number;
  until: number;
  groups: Point[][];
}

/** What a piece must have to fit a question. */
export interface PieceShape {
  groups: number;
  /** Values of a point. */
  values: number;
}

export function encodePiece({ from, until, groups }: Piece): string {
  return JSON.stringify([from, until, groups]);
}

/** Null for any other text: a shared Redis may hold anything. Never throws. */
export function decodePiece(text: string, shape: PieceShape): Piece | null {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(given) || given.length !== 3) return null;
  const [from, until, groups] = given;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(until)) return null;
  if (!Array.isArray(groups) || groups.length !== shape.groups) return null;
  const isPoint = (point: unknown) =>
    Array.isArray(point) &&
    point.length === shape.values + 1 &&
    (point.every(Number.isFinite) || hasSomeValues(point));
  const isGroup = (points: unknown) => Array.isArray(points) && points.every(isPoint);
  return groups.every(isGroup) ? { from, until, groups } : null;
}

function hasSomeValues([t, ...values]: unknown[]): boolean {
  const known = values.filter((value) => value !== null);
  return Number.isFinite(t) && known.length > 0 && known.every(Number.isFinite);
}
