import type { Sql } from 'postgres';
import { alignDown } from '../../model/points';
import { MINUTE, SECOND } from '../../model/time/duration';
import { codeOf, LOCK_NOT_AVAILABLE } from '../pg-errors';
import { moment } from './parts';
import { readState } from './state';
import { excludeAppends, inTurn } from './turn';

/** How long after its end a minute waits for stragglers. What comes later costs a little more, and is not lost. */
const SEAL_DELAY_MS = 30 * SECOND;
const PATIENCE_MS = SECOND;

/**
 * Moves the mark before which samples count as late. Once it has moved, every append that did not see the mark has
 * committed, so the time before it can be rolled up: a sample that is stored there later is logged as stale.
 *
 * @returns false when another server is at upkeep.
 */
export async function seal(sql: Sql, now: number): Promise<boolean> {
  const target = alignDown(now - SEAL_DELAY_MS, MINUTE);
  if (target <= (await readState(sql)).sealed) return true;
  try {
    const done = await inTurn(sql, async (tx) => {
      await excludeAppends(tx, PATIENCE_MS);
      await tx`update rollup_state set sealed = greatest(sealed, ${moment(tx, target)})`;
      return true;
    });
    return done ?? false;
  } catch (error) {
    // A slow append is under way: the next round will do.
    if (codeOf(error) === LOCK_NOT_AVAILABLE) return true;
    throw error;
  }
}
