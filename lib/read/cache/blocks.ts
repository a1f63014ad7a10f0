import { alignDown, type TimeRange } from '../../model/points';

/** Steps of a block: an hour by the minute is about one block, a page's chart about ten. */
const BLOCK_STEPS = 64;

/** The blocks that `[start, end)` touches, ascending: `BLOCK_STEPS` steps wide, aligned to the epoch, one key each. */
export function blocksOf(start: number, end: number, step: number): TimeRange[] {
  const width = step * BLOCK_STEPS;
  const blocks: TimeRange[] = [];
  for (let at = alignDown(start, width); at < end; at += width) blocks.push({ start: at, end: at + width });
  return blocks;
}
