import type { Fragment, ISql } from 'postgres';
import { TIER } from '../../model/rollup/tiers';
import { arrayText } from '../arrays';
import { binned, epochMs, moment } from '../sql/parts';
import { type ChangedRow, type RollupTier, SOURCE } from '../sql/rollup-tiers';
import type { SeriesRange } from './portions';
import { seriesOf, writeRows } from './roll-up';

/** The rollups that are made of rows of a finer one. */
export type CoarseTier = Exclude<RollupTier, 'minute'>;

/** Makes the rows of `[from, to)`, epoch ms, of these series or all; returns how many. */
export function rollUpRows(
  sql: ISql,
  tier: CoarseTier,
  from: number,
  to: number,
  series: SeriesRange | null,
): Promise<number> {
  const source = sql(TIER[SOURCE[tier]].relation);
  const within = sql`ts >= ${moment(sql, from)} and ts < ${moment(sql, to)}`;
  const rows = series
    ? sql`
      select r.* from ${seriesOf(sql, series)} c cross join lateral (
        select * from ${source} where series_id = c.id and ${within} offset 0
      ) r`
    : sql`select * from ${source} where ${within}`;
  return writeRows(sql, tier, coarser(sql, tier, rows));
}

/** Makes these rows again; returns how many. */
export function rollUpChangedRows(
  sql: ISql,
  tier: CoarseTier,
  changed: readonly ChangedRow[],
): Promise<number> {
  const source = sql(TIER[SOURCE[tier]].relation);
  const rows = sql`
    select r.*
    from unnest(
      ${arrayText(changed.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(changed.map(({ ts }) => ts))}::float8[]
    ) as c(series_id, ms)
    cross join lateral (
      select * from ${source} r
      where r.series_id = c.series_id
        and r.ts >= to_timestamp(c.ms / 1000) and r.ts < to_timestamp((c.ms + ${TIER[tier].stepMs}::float8) / 1000)
    ) r`;
  return writeRows(sql, tier, coarser(sql, tier, rows));
}

/** What counters did on the way into a row is part of the coarser row, but for the first, whose way in is its own. */
function coarser(sql: ISql, tier: CoarseTier, rows: Fragment): Fragment {
  return sql`
    with ordered as (
      select *, ${binned(sql, 'ts', TIER[tier].stepMs)} as bin, ${epochMs(sql, 'ts')} as at,
        lag(ts) over w is null as is_first, lead(ts) over w is null as is_last
      from (${rows}) r
      window w as (partition by series_id, ${binned(sql, 'ts', TIER[tier].stepMs)} order by ts)
    )
    select bin, series_id, sum(sum) as sum, min(min) as min, max(max) as max, sum(count) as count,
      min(at + first_ms) - ${epochMs(sql, 'bin')} as first_ms, max(at + last_ms) - ${epochMs(sql, 'bin')} as last_ms,
      sum(elapsed_ms) + coalesce(sum(entry_ms) filter (where not is_first), 0) as elapsed_ms,
      max(first) filter (where is_first) as first, max(last) filter (where is_last) as last,
      sum(increase) + coalesce(sum(entry_increase) filter (where not is_first), 0) as increase,
      max(entry_ms) filter (where is_first) as entry_ms, max(entry_increase) filter (where is_first) as entry_increase
    from ordered
    group by bin, series_id`;
}
