import type { StoreTier } from '../../model/rollup/tiers';
import type { Counters } from './parts';
import type { RollupTier } from './rollup-tiers';

/** What of a range the rollups hold. */
export interface Coverage {
  rolled: Record<RollupTier, number>;
  /** Whether late samples have changed something in the range that is not rolled up again yet. */
  stale: boolean;
  /** Samples from before this are gone, epoch ms; -Infinity: none are. */
  rawFrom: number;
  /** Whether parts are read with what of them is huge apart, as a metric that has huge values needs it. */
  careful?: boolean;
}

export interface Selection {
  /** The coarsest tier to read. */
  tier: StoreTier;
  metricId: number;
  seriesIds: readonly number[];
  wholeMetric: boolean;
  /** Epoch ms, multiples of the step of `tier`; `end` exclusive. */
  start: number;
  end: number;
  /** What lies before this has no part in the answer, epoch ms: see `reachOf`. */
  reach: number;
  counters: Counters;
}
