import type { StoreTier } from '../../model/rollup/tiers';

export type RollupTier = Exclude<StoreTier, 'raw'>;

/** What each rollup is made of. */
export const SOURCE = { minute: 'raw', hour: 'minute', day: 'hour' } as const satisfies Record<
  RollupTier,
  StoreTier
>;

/** One row of a rollup, by its key: `ts` is the start of its step, epoch ms. */
export interface ChangedRow {
  seriesId: number;
  ts: number;
}
