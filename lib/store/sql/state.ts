import type { ISql } from 'postgres';
import type { RollupTier } from './rollup-tiers';

/** How far upkeep has got, epoch ms. */
export interface RollupState {
  sealed: number;
  /** Each rollup holds everything before this, except what is logged as stale. */
  rolled: Record<RollupTier, number>;
  rawFrom: number;
}

export async function readState(sql: ISql): Promise<RollupState> {
  const [row] = await sql`
    select date_part('epoch', sealed) * 1000 as sealed,
      date_part('epoch', minute_rolled) * 1000 as minute,
      date_part('epoch', hour_rolled) * 1000 as hour,
      date_part('epoch', day_rolled) * 1000 as day,
      date_part('epoch', raw_from) * 1000 as raw_from
    from rollup_state`;
  return {
    sealed: row.sealed,
    rolled: { minute: row.minute, hour: row.hour, day: row.day },
    rawFrom: row.raw_from,
  };
}
