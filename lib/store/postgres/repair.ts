import type { Sql, TransactionSql } from 'postgres';
import { TIER } from '../../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../../model/samples';
import { MINUTE } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { keepHugeAgain } from '../sql/keep-huge';
import { epochMs, interval, moment } from '../sql/parts';
import type { ChangedRow, RollupTier } from '../sql/rollup-tiers';
import { type RollupState, readState } from '../sql/state';
import type { Progress } from './advance';
import { inTurnWithPartitions, requirePartitions } from './partitions';
import { rollUpChangedMinutes } from './roll-up-minutes';
import { rollUpChangedRows } from './roll-up-rows';

const ENTRIES_AT_ONCE = 20_000;
const COARSER: Partial<Record<RollupTier, RollupTier>> = { minute: 'hour', hour: 'day' };

/**
 * Makes rows again that late samples have changed. Taking the entries from the log, writing the rows and logging
 * the coarser rows above them is one transaction; an entry that is logged meanwhile stays for the next.
 * Null when another server is at upkeep.
 */
export function repair(sql: Sql, tier: RollupTier): Promise<Progress | null> {
  return inTurnWithPartitions(sql, async (tx) => {
    const state = await readState(tx);
    const { rolled } = state;
    const { taken, entries } = await takeEntries(tx, tier, rolled[tier]);
    if (taken === 0) return { rows: 0, finished: true };
    const changed = tier === 'minute' ? await withSuccessors(tx, entries, state) : entries;
    await requirePartitions(
      tx,
      tier,
      changed.map(({ ts }) => ts),
    );
    const rows = await (tier === 'minute'
      ? rollUpChangedMinutes(tx, changed, state)
      : rollUpChangedRows(tx, tier, changed));
    await keepHugeAgain(tx, { tier, lookup: 'by_row' }, changed);
    const coarser = COARSER[tier];
    if (coarser) await logAbove(tx, coarser, changed, rolled[coarser]);
    return { rows, finished: taken < ENTRIES_AT_ONCE };
  });
}

async function takeEntries(tx: TransactionSql, tier: RollupTier, before: number) {
  const rows = await tx<Array<{ seriesId: number; ts: number; entries: number }>>`
    with taken as (
      delete from rollup_stale
      where ctid = any(array(
        select ctid from rollup_stale
        where tier = ${tier} and ts < ${moment(tx, before)}
        order by series_id, ts
        limit ${ENTRIES_AT_ONCE}
      ))
      returning series_id, ts
    )
    select series_id as "seriesId", date_part('epoch', ts) * 1000 as ts, count(*)::int as entries
    from taken
    group by series_id, taken.ts`;
  const entries: ChangedRow[] = rows;
  return { taken: rows.reduce((sum, { entries: count }) => sum + count, 0), entries };
}

/**
 * A late sample also changes what its successor has counted since: the row that comes next, however far off. Most late
 * minutes are next to each other, and need not be asked what comes after them.
 */
async function withSuccessors(
  tx: TransactionSql,
  entries: readonly ChangedRow[],
  { rolled, rawFrom }: RollupState,
): Promise<ChangedRow[]> {
  const minute = interval(tx, MINUTE);
  const kept = Number.isFinite(rawFrom) ? tx`and p.ts >= ${moment(tx, rawFrom)}` : tx``;
  return tx<ChangedRow[]>`
    with changed as (
      select series_id, ms, to_timestamp(ms / 1000) as ts,
        lead(ms) over (partition by series_id order by ms) = ms + ${MINUTE}::float8 as is_followed
      from unnest(
        ${arrayText(entries.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(entries.map(({ ts }) => ts))}::float8[]
      ) as c(series_id, ms)
    )
    select series_id as "seriesId", ms as ts from changed
    union
    select c.series_id, ${epochMs(tx, 'p.ts')}
    from changed c cross join lateral (
      select p.ts from rollup_minute p
      where p.series_id = c.series_id and p.ts > c.ts and p.ts < c.ts + ${minute} + ${interval(tx, COUNTER_GAP_MS)}
        and p.ts < ${moment(tx, rolled.minute)} ${kept}
      order by p.ts
      limit 1
    ) p
    where is_followed is not true`;
}

/** A coarser row that does not exist yet needs no entry: it will be computed from the new rows. */
async function logAbove(
  tx: TransactionSql,
  tier: RollupTier,
  changed: readonly ChangedRow[],
  rolled: number,
): Promise<void> {
  const step = TIER[tier].stepMs;
  await tx`
    insert into rollup_stale (tier, series_id, ts)
    select distinct ${tier}, c.series_id, to_timestamp(floor(c.ms / ${step}::float8) * ${step}::float8 / 1000)
    from unnest(
      ${arrayText(changed.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(changed.map(({ ts }) => ts))}::float8[]
    ) as c(series_id, ms)
    where c.ms < ${rolled}::float8`;
}
