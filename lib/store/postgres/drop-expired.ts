import type { Sql } from 'postgres';
import { type Retention, STORE_TIERS, type StoreTier } from '../../model/rollup/tiers';
import { HOUR } from '../../model/time/duration';
import { codeOf, LOCK_NOT_AVAILABLE } from '../pg-errors';
import { forgetHuge } from '../sql/keep-huge';
import { moment } from '../sql/parts';
import { type RollupTier, SOURCE } from '../sql/rollup-tiers';
import { readState } from '../sql/state';
import { excludeAppends, inTurn } from '../sql/turn';
import { dropPartition, listPartitions, type Partition } from './partitions';

/** Beyond the retention: samples that were admitted at its very edge are still on their way. */
const MARGIN_MS = HOUR;
/** Dropping blocks all appends. It waits for its lock no longer than this; the next round tries again. */
const PATIENCE_MS = 200;

/** Drops the partitions that retention has ended; returns how many. */
export async function dropExpired(sql: Sql, now: number, retention: Retention): Promise<number> {
  let dropped = 0;
  for (const tier of STORE_TIERS) {
    const cutoff = now - retention[tier] - MARGIN_MS;
    for (const partition of await listPartitions(sql, tier)) {
      if (partition.end <= cutoff && (await drop(sql, partition))) {
        dropped++;
        if (tier !== 'raw') await forgetHuge(sql, tier, partition.end);
      }
    }
  }
  return dropped;
}

async function drop(sql: Sql, partition: Partition): Promise<boolean> {
  const { tier, end } = partition;
  try {
    const done = await inTurn(sql, async (tx) => {
      await excludeAppends(tx, PATIENCE_MS);
      // From here on no append is under way, so the log is complete.
      const { rolled } = await readState(tx);
      const coarser = consumerOf(tier);
      if (coarser && rolled[coarser] < end) return false;
      const [{ stale }] =
        await tx`select exists (select from rollup_stale where ts < ${moment(tx, end)}) as stale`;
      if (stale) return false;
      if (tier === 'raw') await tx`update rollup_state set raw_from = greatest(raw_from, ${moment(tx, end)})`;
      await dropPartition(tx, partition);
      return true;
    });
    return done ?? false;
  } catch (error) {
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** The tier that is made of this one. */
function consumerOf(tier: StoreTier): RollupTier | undefined {
  return (Object.keys(SOURCE) as RollupTier[]).find((coarser) => SOURCE[coarser] === tier);
}
