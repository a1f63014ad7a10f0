import { deviation, interpolate, saturated, squaringScale, standardDeviation } from '../../model/arithmetic';
import { bisect } from '../../model/bisect';

/** Some values, in blocks; one at least. */
export type ValueBlocks = readonly Float64Array[];

/**
 * The value at that share of all, ascending within each block; interpolated between the two closest ranks, as
 * `percentile_cont` does:
 * https://www.postgresql.org/docs/current/functions-aggregate.html
 */
export function quantile(blocks: ValueBlocks, share: number): number {
  const count = blocks.reduce((sum, { length }) => sum + length, 0);
  const rank = share * (count - 1);
  const part = rank % 1;
  const low = valueAt(blocks, rank - part);
  if (part === 0) return low;
  return interpolate(low, valueAt(blocks, rank - part + 1), part);
}

/** `standardDeviation` of all blocks together, with a yield after every pass over one. */
export function* stddev(blocks: ValueBlocks): Generator<undefined, number> {
  if (blocks.length === 1) return standardDeviation(blocks[0]);
  let largest = 0;
  let count = 0;
  for (const values of blocks) {
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    count += values.length;
    yield;
  }
  const scale = squaringScale(largest);
  let total = 0;
  for (const values of blocks) {
    for (const value of values) total += value * scale;
    yield;
  }
  const mean = total / count;
  let distances = 0;
  let squares = 0;
  for (const values of blocks) {
    for (const value of values) {
      const distance = value * scale - mean;
      distances += distance;
      squares += distance * distance;
    }
    yield;
  }
  return saturated(deviation(squares, distances, count) / scale);
}

/** The value with `rank` values before it; in several blocks found by bisection between the lowest and the highest. */
function valueAt(blocks: ValueBlocks, rank: number): number {
  if (blocks.length === 1) return blocks[0][rank];
  let low = orderOf(Math.min(...blocks.map(([lowest]) => lowest)));
  let high = orderOf(Math.max(...blocks.map((values) => values[values.length - 1])));
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (countUpTo(blocks, numberAt(middle)) > rank) high = middle;
    else low = middle + 1n;
  }
  return numberAt(low);
}

function countUpTo(blocks: ValueBlocks, value: number): number {
  let count = 0;
  for (const values of blocks) count += bisect(0, values.length, (at) => values[at] > value);
  return count;
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);
const ALL_BUT_SIGN = 0x7fff_ffff_ffff_ffffn;

/**
 * Float64s in their order, numbered: as integers, their bits ascend for positive ones, and descend for negative ones.
 */
function orderOf(value: number): bigint {
  float[0] = value;
  return bits[0] < 0n ? bits[0] ^ ALL_BUT_SIGN : bits[0];
}

function numberAt(order: bigint): number {
  bits[0] = order < 0n ? order ^ ALL_BUT_SIGN : order;
  return float[0];
}
