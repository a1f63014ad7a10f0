import type { Fragment, ISql } from 'postgres';
import { TIER } from '../../model/rollup/tiers';
import type { RollupTier } from '../sql/rollup-tiers';
import type { SeriesRange } from './portions';

/**
 * The series of a range, for a lateral join that looks each of them up by its key. It ends with `offset 0`, which keeps
 * the planner from making a merge join of it that reads the whole index for each range.
 */
export function seriesOf(sql: ISql, { after, upTo }: SeriesRange): Fragment {
  return sql`(select id from series where id > ${after}::int4 and id <= ${upTo}::int4 order by id)`;
}

/**
 * Writes rows, new or again, and returns how many. `rows` has the columns `bin, series_id, sum, min, max, count,
 * first_ms, last_ms, elapsed_ms, first, last, increase, entry_ms, entry_increase`. They are written in the order in
 * which questions about a whole metric read them: by time, and within it metric by metric. Metrics are looked up series
 * by series, or a portion of them would begin with reading all series.
 */
export async function writeRows(sql: ISql, tier: RollupTier, rows: Fragment): Promise<number> {
  const result = await sql`
    insert into ${sql(TIER[tier].relation)} as t (
      ts, metric_id, series_id, sum, min, max, count,
      first_ms, last_ms, elapsed_ms, first, last, increase, entry_ms, entry_increase
    )
    select r.bin, s.metric_id, r.series_id, r.sum, r.min, r.max, r.count,
      r.first_ms, r.last_ms, r.elapsed_ms, r.first, r.last, r.increase, r.entry_ms, r.entry_increase
    from (${rows}) r cross join lateral (select metric_id from series where id = r.series_id offset 0) s
    order by r.bin, s.metric_id, r.series_id
    on conflict (series_id, ts) do update set
      sum = excluded.sum, min = excluded.min, max = excluded.max, count = excluded.count,
      first_ms = excluded.first_ms, last_ms = excluded.last_ms, elapsed_ms = excluded.elapsed_ms,
      first = excluded.first, last = excluded.last, increase = excluded.increase,
      entry_ms = excluded.entry_ms, entry_increase = excluded.entry_increase`;
  return result.count;
}
