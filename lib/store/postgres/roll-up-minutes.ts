import type { Fragment, ISql } from 'postgres';
import { MINUTE } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { NEAR_MS, sampleBefore } from '../sql/coverage';
import { binned, epochMs, gap, interval, moment } from '../sql/parts';
import type { ChangedRow } from '../sql/rollup-tiers';
import type { Coverage } from '../sql/selection';
import type { RollupState } from '../sql/state';
import type { SeriesRange } from './portions';
import { seriesOf, writeRows } from './roll-up';

/** Makes the minutes of `[from, to)`, epoch ms, of the samples of these series or all; returns how many rows. */
export function rollUpMinutes(
  sql: ISql,
  from: number,
  to: number,
  series: SeriesRange | null,
  state: RollupState,
): Promise<number> {
  const within = sql`ts >= ${moment(sql, from)} and ts < ${moment(sql, to)}`;
  // What came before the range: the newest row of the minutes before it. Where that row is stale, this one counts as
  // stale too, and is made again with it.
  const before = sql`ts >= ${moment(sql, from - NEAR_MS)} and ts < ${moment(sql, from)}`;
  const far = sampleBefore(sql, sql`e.series_id`, from - NEAR_MS, coverageOf(state));
  const priorAt = sql`${epochMs(sql, 'ts')} + last_ms as at`;
  if (!series) {
    const samples = sql`select series_id, ts, value, 0 as run from samples where ${within}`;
    const prior = sql`
      select distinct on (series_id) series_id, 0 as run, last as value, ${priorAt}
      from rollup_minute
      where ${before}
      order by series_id, ts desc`;
    return writeRows(sql, 'minute', minutes(sql, samples, prior, far));
  }
  const samples = sql`
    select c.id as series_id, s.ts, s.value, 0 as run from ${seriesOf(sql, series)} c cross join lateral (
      select ts, value from samples where series_id = c.id and ${within} offset 0
    ) s`;
  const prior = sql`
    select r.series_id, r.run, last as value, ${priorAt}
    from rollup_minute
    where series_id = r.series_id and ${before}
    order by ts desc
    limit 1`;
  return writeRows(sql, 'minute', minutes(sql, samples, prior, far));
}

/** Makes these minutes again; returns how many rows. */
export function rollUpChangedMinutes(
  sql: ISql,
  changed: readonly ChangedRow[],
  state: RollupState,
): Promise<number> {
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
    select r.series_id, r.run, p.value, ${epochMs(sql, 'p.ts')} as at
    from samples p
    where p.series_id = r.series_id and p.ts < r.bin and p.ts >= r.bin - ${interval(sql, NEAR_MS)}
    order by p.ts desc
    limit 1`;
  const near = { at: sql`e.bin - ${interval(sql, NEAR_MS)}` };
  const far = sampleBefore(sql, sql`e.series_id`, near, coverageOf(state));
  return writeRows(sql, 'minute', minutes(sql, samples, prior, far));
}

/** Whatever is stale is made again by the same turn of upkeep, or the next. */
function coverageOf({ rolled, rawFrom }: RollupState): Coverage {
  return { rolled, rawFrom, stale: false };
}

/**
 * Rows of `samples` (series_id, ts, value, run): those of one series and run are neighbours. Before the first of a
 * run `r` comes what `prior` (series_id, run, value, at) says; where it says nothing, `far` does for a minute `e`
 * (array[value, at]). What is done for every sample is kept to comparisons of timestamps; milliseconds are made of the
 * minutes' few.
 */
function minutes(sql: ISql, samples: Fragment, prior: Fragment, far: Fragment): Fragment {
  const ms = (moment: string) => sql.unsafe(`round(date_part('epoch', ${moment}) * 1000)`);
  return sql`
    with neighbours as (
      select *, lag(value) over w as prev, lag(ts) over w as prev_ts, lead(bin) over w as next_bin
      from (select *, ${binned(sql, 'ts', MINUTE)} as bin from (${samples}) s) s
      window w as (partition by series_id, run order by ts)
    ), rows as (
      select series_id, run, bin, ${ms('bin')} as bin_at,
        sum(summable(value)) as sum, min(value) as min, max(value) as max, count(*) as count,
        ${ms('min(ts)')} as first_at, ${ms('max(ts)')} as last_at,
        max(value) filter (where prev_ts is null or prev_ts < bin) as first,
        max(value) filter (where next_bin is null or next_bin > bin) as last,
        -- No pause within a minute is long enough to end what a counter has counted.
        coalesce(sum(counted(value, prev)) filter (where prev_ts >= bin), 0) as increase,
        min(prev) filter (where prev_ts < bin) as before, ${ms('min(prev_ts)')} as before_at
      from neighbours
      group by series_id, run, bin
    ), entered as (
      select *, coalesce(near_value, far[1]) as entry_value, first_at - coalesce(near_at, far[2]) as entry_pause
      from (
        select *, case when near_at is null then ${far} end as far
        from (
          select r.*, coalesce(r.before, p.value) as near_value,
            coalesce(case when r.before is not null then r.before_at end, p.at) as near_at
          from rows r left join lateral (${prior}) p
            on p.series_id = r.series_id and p.run = r.run and r.before is null
        ) e
        offset 0
      ) e
    )
    select bin, series_id, sum, min, max, count,
      first_at - bin_at as first_ms, last_at - bin_at as last_ms, last_at - first_at as elapsed_ms, first, last, increase,
      case when entry_pause <= ${gap(sql)} then entry_pause else 0 end as entry_ms,
      case when entry_pause <= ${gap(sql)} then counted(first, entry_value) else 0 end as entry_increase
    from entered`;
}
