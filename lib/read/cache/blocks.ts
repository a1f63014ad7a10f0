import { alignDown } from '../../model/points';

/** Points a block has for each group: an hour by the minute is about one, a page's chart about ten. */
const BLOCK_STEPS = 64;

/** A stretch of time as wide as `BLOCK_STEPS` steps and aligned to the epoch: the unit that is kept under one key. */
export interface Block {
  /** Epoch ms, `end` exclusive. */
  start: number;
  end: number;
}

/** The blocks that `[start, end)` touches, ascending. */
export function blocksOf(start: number, end: number, step: number): Block[] {
  const width = step * BLOCK_STEPS;
  const blocks: Block[] = [];
  for (let at = alignDown(start, width); at < end; at += width) blocks.push({ start: at, end: at + width });
  return blocks;
}
