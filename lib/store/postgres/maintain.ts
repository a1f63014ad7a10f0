import type { Sql } from 'postgres';
import type { Retention } from '../../model/rollup/tiers';
import { DAY, SECOND } from '../../model/time/duration';
import type { RollupTier } from '../sql/rollup-tiers';
import { seal } from '../sql/seal';
import { readState } from '../sql/state';
import { inTurn } from '../sql/turn';
import type { MaintenanceReport } from '../store';
import { advance, type Progress } from './advance';
import { dropExpired } from './drop-expired';
import { ensurePartitions } from './partitions';
import { UNHURRIED } from './portions';
import { repair } from './repair';

/** After this a round ends and the next one goes on: a closing server waits for the end of a round. */
const ROUND_MS = 20 * SECOND;
const TIERS: readonly RollupTier[] = ['minute', 'hour', 'day'];

/**
 * One round of upkeep, in small transactions after each of which everything is consistent: a crash between two
 * loses nothing, and reads are exact at every moment, only slower where upkeep lags.
 */
export async function maintain(
  sql: Sql,
  now: number,
  retention: Retention,
  stopped: () => boolean,
): Promise<MaintenanceReport> {
  const report: MaintenanceReport = {
    worked: false,
    rolledUp: { minute: 0, hour: 0, day: 0 },
    rolledUpTo: 0,
    partitionsCreated: 0,
    partitionsDropped: 0,
  };
  const created = await inTurn(sql, (tx) => ensurePartitions(tx, 'raw', [now, now + DAY]));
  report.worked = created !== null && (await seal(sql, now));
  if (report.worked) {
    report.partitionsCreated = created ?? 0;
    const giveUpAt = performance.now() + ROUND_MS;
    const goOn = () => !stopped() && performance.now() < giveUpAt;
    for (const tier of TIERS) {
      report.rolledUp[tier] += await repeat(() => advance(sql, tier, { ...UNHURRIED, stopped }), goOn);
      report.rolledUp[tier] += await repeat(() => repair(sql, tier), goOn);
    }
    report.partitionsDropped = await dropExpired(sql, now, retention);
  }
  report.rolledUpTo = (await readState(sql)).rolled.minute;
  return report;
}

/** Until there is nothing left, another server has taken over, or time is up; returns the rows written. */
async function repeat(work: () => Promise<Progress | null>, goOn: () => boolean): Promise<number> {
  let rows = 0;
  while (goOn()) {
    const progress = await work();
    rows += progress?.rows ?? 0;
    if (progress === null || progress.finished) break;
  }
  return rows;
}
