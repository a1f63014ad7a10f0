import type { ISql } from 'postgres';
import { alignDown } from '../../model/points';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { DAY } from '../../model/time/duration';

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
