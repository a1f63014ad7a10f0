import type { ISql, Sql, TransactionSql } from 'postgres';
import { alignDown } from '../../model/points';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { DAY } from '../../model/time/duration';
import { inTurn } from '../sql/turn';

/** How much time one partition holds. Multiples of each other, so that no coarser row spans two finer partitions. */
const WIDTH_MS: Record<StoreTier, number> = { raw: DAY, minute: DAY, hour: 30 * DAY, day: 360 * DAY };

export interface Partition {
  tier: StoreTier;
  name: string;
  /** What it holds, epoch ms; `end` exclusive. */
  start: number;
  end: number;
  bytes: number;
}

/** Creates the partitions of a tier that hold these moments; returns how many were missing. */
export async function ensurePartitions(sql: ISql, tier: StoreTier, times: Iterable<number>): Promise<number> {
  const width = WIDTH_MS[tier];
  const starts = new Set<number>();
  for (const time of times) starts.add(alignDown(time, width));
  let created = 0;
  for (const start of [...starts].sort((a, b) => a - b)) {
    const [{ made }] = await sql<[{ made: boolean }]>`
      select ensure_partition(${TIER[tier].relation}, to_timestamp(${start}::float8 / 1000), ${`${width} milliseconds`}::text::interval) as made`;
    if (made) created++;
  }
  return created;
}

/** Undoes a step of upkeep. */
class PartitionsMissing extends Error {
  constructor(
    readonly tier: StoreTier,
    readonly times: readonly number[],
  ) {
    super(`partitions of ${tier} are missing`);
  }
}

/**
 * `inTurn` for rows that need partitions: `work` names their moments to `requirePartitions` before it writes them, and
 * is begun again when some were missing. Partitions are committed before the rows in them, since PostgreSQL shows
 * others what a transaction has committed before it tells them to plan with its partitions: a reader who looked in
 * between was told that the rows were made, and read without them.
 */
export async function inTurnWithPartitions<T>(
  sql: Sql,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T | null> {
  for (;;) {
    try {
      return await inTurn(sql, work);
    } catch (error) {
      if (!(error instanceof PartitionsMissing)) throw error;
      const { tier, times } = error;
      if ((await inTurn(sql, (tx) => ensurePartitions(tx, tier, times))) === null) return null;
    }
  }
}

/** To be called in `inTurnWithPartitions`, which catches what it throws. */
export async function requirePartitions(
  tx: TransactionSql,
  tier: StoreTier,
  times: readonly number[],
): Promise<void> {
  if ((await ensurePartitions(tx, tier, times)) > 0) throw new PartitionsMissing(tier, times);
}

/** The partitions of a tier, oldest first. */
export async function listPartitions(sql: ISql, tier: StoreTier): Promise<Partition[]> {
  const rows = await sql<Array<Omit<Partition, 'tier'>>>`
    select name, date_part('epoch', lower_bound) * 1000 as start, date_part('epoch', upper_bound) * 1000 as "end",
      bytes::float8 as bytes
    from partitions_of(${TIER[tier].relation})
    order by lower_bound`;
  return rows.map((row) => ({ tier, ...row }));
}

/** Drops a partition and all that it holds. */
export async function dropPartition(sql: ISql, { tier, name }: Partition): Promise<void> {
  await sql`select drop_partition(${TIER[tier].relation}, ${name})`;
}
