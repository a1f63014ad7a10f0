import { DAY, HOUR, MINUTE } from '../../model/time/duration';

/**
 * How long a chunk of samples is, by the rate of samples per second. Short enough that the newest chunk, which lies
 * in many small batches, stays small (9 B a sample: 140 MB at 10,000 a second) and is put in order within seconds
 * (a microsecond a sample); long enough that a question meets few of them.
 */
const LADDER = [
  { atLeastPerSecond: 5_000, intervalMs: 15 * MINUTE },
  { atLeastPerSecond: 200, intervalMs: HOUR },
  { atLeastPerSecond: 0, intervalMs: 4 * HOUR },
] as const;

/** Planning a question takes longer with the number of chunks: no more than this many over the whole retention. */
const MOST_CHUNKS = 5_000;
/** For ever is planned for as this. */
const LONGEST_MS = 10 * 365 * DAY;
const LONG = [HOUR, 4 * HOUR, 12 * HOUR, DAY, 7 * DAY] as const;

/** The length of a chunk in ms for a rate of samples per second and the retention of samples in ms. */
export function chunkInterval(perSecond: number, retentionMs: number): number {
  const byRate = LADDER.find(({ atLeastPerSecond }) => perSecond >= atLeastPerSecond)?.intervalMs ?? HOUR;
  const least = Math.min(retentionMs, LONGEST_MS) / MOST_CHUNKS;
  if (byRate >= least) return byRate;
  return LONG.find((intervalMs) => intervalMs >= least) ?? LONG[LONG.length - 1];
}
