import type { Fragment, ISql } from 'postgres';
import { COUNTER_GAP_MS, MINUTE } from '../../model';
import { arrayText } from '../arrays';
import { epochMs, gap, interval, moment } from './parts';
import { type ChangedRow, writeRows } from './roll-up';

/** Makes the minutes of `[from, to)`, epoch ms, of samples; returns how many rows. */
export function rollUpMinutes(sql: ISql, from: number, to: number): Promise<number> {
  const samples = sql`
    select series_id, ts, value, 0 as run from samples where ts >= ${moment(sql, from)} and ts < ${moment(sql, to)}`;
  // What came before the range: the newest row of the minutes before it. Where that row is stale, this one counts as
  // stale too, and is made again with it.
  const prior = sql`
    select distinct on (series_id) series_id, 0 as run, last as value, ${epochMs(sql, 'ts')} + last_ms as at
    from rollup_minute
    where ts >= ${moment(sql, from - COUNTER_GAP_MS)} and ts < ${moment(sql, from)}
    order by series_id, ts desc`;
  return writeRows(sql, 'minute', minutes(sql, samples, prior));
}

/** Makes these minutes again; returns how many rows. */
export function rollUpChangedMinutes(sql: ISql, changed: readonly ChangedRow[]): Promise<number> {
  const rows = sql`
    select series_id, to_timestamp(ms / 1000) as ts, ms as run
    from unnest(
      ${arrayText(changed.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(changed.map(({ ts }) => ts))}::float8[]
    ) as c(series_id, ms)`;
  const samples = sql`
    select c.series_id, s.ts, s.value, c.run
    from (${rows}) c cross join lateral (
      select ts, value from samples s
      where s.series_id = c.series_id and s.ts >= c.ts and s.ts < c.ts + ${interval(sql, MINUTE)}
    ) s`;
  const prior = sql`
    select c.series_id, c.run, p.value, ${epochMs(sql, 'p.ts')} as at
    from (${rows}) c cross join lateral (
      select ts, value from samples s
      where s.series_id = c.series_id and s.ts < c.ts and s.ts >= c.ts - ${interval(sql, COUNTER_GAP_MS)}
      order by ts desc
      limit 1
    ) p`;
  return writeRows(sql, 'minute', minutes(sql, samples, prior));
}

/**
 * Rows of `samples` (series_id, ts, value, run): those of one series and run are neighbours. Before the first of a
 * run comes what `prior` (series_id, run, value, at) says.
 */
function minutes(sql: ISql, samples: Fragment, prior: Fragment): Fragment {
  const pause = sql.unsafe('(at - prev_at)');
  const isFirst = sql.unsafe('(prev_at is null or prev_at < bin_at)');
  const isLast = sql.unsafe(`(next_at is null or next_at >= bin_at + ${MINUTE})`);
  const isCounted = sql`(not ${isFirst} and ${pause} <= ${gap(sql)})`;
  return sql`
    with neighbours as (
      select *, floor(at / ${sql.unsafe(String(MINUTE))}) * ${sql.unsafe(String(MINUTE))} as bin_at,
        lag(value) over w as prev, lag(at) over w as prev_at, lead(at) over w as next_at
      from (select *, ${epochMs(sql, 'ts')} as at from (${samples}) s) s
      window w as (partition by series_id, run order by ts)
    ), rows as (
      select series_id, run, bin_at,
        sum(summable(value)) as sum, min(value) as min, max(value) as max, count(*) as count,
        min(at) as first_at, max(at) as last_at,
        max(value) filter (where ${isFirst}) as first, max(value) filter (where ${isLast}) as last,
        coalesce(sum(${pause}) filter (where ${isCounted}), 0) as elapsed,
        coalesce(sum(counted(value, prev)) filter (where ${isCounted}), 0) as increase,
        min(prev) filter (where ${isFirst}) as before, min(prev_at) as before_at
      from neighbours
      group by series_id, run, bin_at
    ), entered as (
      select r.*, coalesce(r.before, p.value) as entry_value,
        r.first_at - coalesce(case when r.before is not null then r.before_at end, p.at) as entry_pause
      from rows r left join (${prior}) p on p.series_id = r.series_id and p.run = r.run and r.before is null
    )
    select to_timestamp(bin_at / 1000) as bin, series_id, sum, min, max, count,
      first_at - bin_at as first_ms, last_at - bin_at as last_ms, elapsed as elapsed_ms, first, last, increase,
      case when entry_pause <= ${gap(sql)} then entry_pause else 0 end as entry_ms,
      case when entry_pause <= ${gap(sql)} then counted(first, entry_value) else 0 end as entry_increase
    from entered`;
}
