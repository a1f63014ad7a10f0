import type { ISql } from 'postgres';
import { alignDown, DAY } from '../../model';
import { type StoreTier, TIER } from '../../rollup/steps';

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
  const rows = await sql<Array<{ name: string; bytes: number }>>`
    select c.relname as name, pg_relation_size(c.oid)::float8 as bytes
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${TIER[tier].relation}::text::regclass`;
  return rows
    .map(({ name, bytes }) => {
      const [, year, month, day] = /_(\d+)(\d\d)(\d\d)$/.exec(name) ?? [];
      const start = Date.UTC(Number(year), Number(month) - 1, Number(day));
      return { tier, name, start, end: start + WIDTH_MS[tier], bytes };
    })
    .sort((a, b) => a.start - b.start);
}
