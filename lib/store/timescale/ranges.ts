import type { TimeRange } from '../../model/points';

export interface RangeOptions {
  /** How long a row is. */
  width: number;
  /** Rows no farther apart than this share a range. */
  gap: number;
  /** Of more ranges than this, those that lie closest are joined. */
  most: number;
}

/** The ranges that hold the rows starting at these times, ascending. */
export function rangesOf(starts: Iterable<number>, { width, gap, most }: RangeOptions): TimeRange[] {
  const ranges: TimeRange[] = [];
  for (const start of [...new Set(starts)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && start - last.end <= gap) last.end = start + width;
    else ranges.push({ start, end: start + width });
  }
  return joinClosest(ranges, most);
}

function joinClosest(ranges: readonly TimeRange[], most: number): TimeRange[] {
  if (ranges.length <= most) return [...ranges];
  const pauses = ranges.slice(1).map(({ start }, i) => start - ranges[i].end);
  const kept = new Set(
    pauses
      .map((pause, i) => ({ pause, i }))
      .sort((a, b) => b.pause - a.pause)
      .slice(0, most - 1)
      .map(({ i }) => i),
  );
  const joined: TimeRange[] = [{ ...ranges[0] }];
  ranges.slice(1).forEach((range, i) => {
    if (kept.has(i)) joined.push({ ...range });
    else joined[joined.length - 1].end = range.end;
  });
  return joined;
}
