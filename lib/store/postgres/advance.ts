import type { Sql, TransactionSql } from 'postgres';
import { alignDown } from '../../model/points';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { keepHuge } from '../sql/keep-huge';
import { moment } from '../sql/parts';
import { type RollupTier, SOURCE } from '../sql/rollup-tiers';
import { type RollupState, readState } from '../sql/state';
import { inTurnWithPartitions, listPartitions, type Partition, requirePartitions } from './partitions';
import { inPortions, type Pace, Stopped } from './portions';
import { rollUpMinutes } from './roll-up-minutes';
import { rollUpRows } from './roll-up-rows';

/** About how much of its source one transaction rolls up, if that is a step at least: seconds of work. */
const SLICE_BYTES = 128 * 2 ** 20;

export interface Progress {
  rows: number;
  /** Whether everything that can be rolled up is. */
  finished: boolean;
}

/**
 * Rolls up the next slice of what is complete: for minutes what is sealed, for hours and days what the finer
 * tier has finished. The rows and the mark move in one transaction. Null when another server is at upkeep.
 */
export async function advance(sql: Sql, tier: RollupTier, pace: Pace): Promise<Progress | null> {
  try {
    return await inTurnWithPartitions(sql, (tx) => advanceInTurn(tx, tier, pace));
  } catch (error) {
    if (error instanceof Stopped) return { rows: 0, finished: true };
    throw error;
  }
}

async function advanceInTurn(tx: TransactionSql, tier: RollupTier, pace: Pace): Promise<Progress> {
  const state = await readState(tx);
  const from = state.rolled[tier];
  const limit = limitOf(tier, state);
  if (from >= limit) return { rows: 0, finished: true };

  const slice = nextSlice(await listPartitions(tx, SOURCE[tier]), tier, from, limit);
  const rolled = slice?.to ?? limit;
  const finished = rolled >= limit;
  let rows = 0;
  if (slice) {
    await requirePartitions(tx, tier, [slice.from]);
    // Upkeep that is behind works without pauses.
    const spreadMs = finished ? pace.spreadMs : 0;
    rows = await inPortions(tx, { tier: SOURCE[tier], ...slice }, { ...pace, spreadMs }, (series) =>
      tier === 'minute'
        ? rollUpMinutes(tx, slice.from, slice.to, series, state)
        : rollUpRows(tx, tier, slice.from, slice.to, series),
    );
    await keepHuge(tx, { tier, lookup: 'by_row', start: slice.from, end: slice.to });
  }
  await moveMark(tx, tier, rolled);
  return { rows, finished };
}

function limitOf(tier: RollupTier, { sealed, rolled }: RollupState): number {
  const source: StoreTier = SOURCE[tier];
  return alignDown(source === 'raw' ? sealed : rolled[source], TIER[tier].stepMs);
}

/**
 * The next stretch of `[from, limit)` with anything in it, within one partition; years without samples cost nothing.
 */
function nextSlice(partitions: Partition[], tier: RollupTier, from: number, limit: number) {
  const next = partitions.find(({ start, end, bytes }) => end > from && start < limit && bytes > 0);
  if (!next) return null;
  const start = Math.max(from, next.start);
  const end = Math.min(limit, next.end);
  const step = TIER[tier].stepMs;
  const share = alignDown((end - next.start) * Math.min(1, SLICE_BYTES / next.bytes), step);
  return { from: start, to: Math.min(end, start + Math.max(step, share)) };
}

async function moveMark(tx: TransactionSql, tier: RollupTier, rolled: number): Promise<void> {
  await tx`update rollup_state set ${tx(`${tier}_rolled`)} = ${moment(tx, rolled)}`;
}
