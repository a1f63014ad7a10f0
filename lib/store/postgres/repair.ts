import type { Sql, TransactionSql } from 'postgres';
import { COUNTER_GAP_MS, MINUTE } from '../../model';
import { TIER } from '../../rollup/steps';
import { arrayText } from '../arrays';
import type { Progress } from './advance';
import { ensurePartitions } from './partitions';
import { epochMs, interval, moment } from './parts';
import type { ChangedRow, RollupTier } from './roll-up';
import { rollUpChangedMinutes } from './roll-up-minutes';
import { rollUpChangedRows } from './roll-up-rows';
import { readState } from './state';
import { inTurn } from './turn';

const ENTRIES_AT_ONCE = 20_000;
const COARSER: Partial<Record<RollupTier, RollupTier>> = { minute: 'hour', hour: 'day' };

/**
 * Makes rows again that late samples have changed. Taking the entries from the log, writing the rows and logging
 * the coarser rows above them is one transaction; an entry that is logged meanwhile stays for the next.
 * Null when another server is at upkeep.
 */
export function repair(sql: Sql, tier: RollupTier): Promise<Progress | null> {
  return inTurn(sql, async (tx) => {
    const { rolled } = await readState(tx);
    const { taken, entries } = await takeEntries(tx, tier, rolled[tier]);
    if (taken === 0) return { rows: 0, finished: true };
    const changed = tier === 'minute' ? await withSuccessors(tx, entries, rolled.minute) : entries;
    await ensurePartitions(
      tx,
      tier,
      changed.map(({ ts }) => ts),
    );
    const rows = await (tier === 'minute'
      ? rollUpChangedMinutes(tx, changed)
      : rollUpChangedRows(tx, tier, changed));
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

/** A late sample also changes what its successor has counted since: the row of the next sample within five minutes. */
async function withSuccessors(
  tx: TransactionSql,
  entries: readonly ChangedRow[],
  rolled: number,
): Promise<ChangedRow[]> {
  return tx<ChangedRow[]>`
    with changed as (
      select series_id, ms
      from unnest(
        ${arrayText(entries.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(entries.map(({ ts }) => ts))}::float8[]
      ) as c(series_id, ms)
    )
    select series_id as "seriesId", ms as ts from changed
    union
    select c.series_id, floor(${epochMs(tx, 'p.ts')} / ${MINUTE}::float8) * ${MINUTE}::float8
    from (select *, to_timestamp(ms / 1000) + ${interval(tx, MINUTE)} as until from changed) c cross join lateral (
      select ts from samples s
      where s.series_id = c.series_id and s.ts >= c.until and s.ts < c.until + ${interval(tx, COUNTER_GAP_MS)}
      order by ts
      limit 1
    ) p
    where p.ts < ${moment(tx, rolled)}`;
}

/** What is not rolled up yet needs no entry: it will be made of the new rows. */
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
