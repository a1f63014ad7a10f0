import type { Fragment, ISql } from 'postgres';
import { type StoreTier, TIER } from '../../rollup/steps';
import { arrayText } from '../arrays';
import { binned, elapsedSincePrevious, increaseSincePrevious, moment, partColumns, partsOf } from './parts';

export type RollupTier = Exclude<StoreTier, 'raw'>;

/** What each rollup is made of. */
export const SOURCE = { minute: 'raw', hour: 'minute', day: 'hour' } as const satisfies Record<
  RollupTier,
  StoreTier
>;

/** One row of a rollup, by its key: `ts` is the start of its step, epoch ms. */
export interface ChangedRow {
  seriesId: number;
  ts: number;
}

/** Makes the rows of `[from, to)`, epoch ms, from the next finer tier; returns how many. */
export async function rollUpRange(sql: ISql, tier: RollupTier, from: number, to: number): Promise<number> {
  const source = SOURCE[tier];
  return writeRows(
    sql,
    tier,
    sql`select ${partColumns(sql, source)} from ${partsOf(sql, source)}
        where p.ts >= ${moment(sql, from)} and p.ts < ${moment(sql, to)}`,
  );
}

/** Makes the rows of these series and moments again; returns how many there are. */
export async function rollUpChanged(
  sql: ISql,
  tier: RollupTier,
  changed: readonly ChangedRow[],
): Promise<number> {
  const source = SOURCE[tier];
  const seriesIds = arrayText(changed.map(({ seriesId }) => seriesId));
  const times = arrayText(changed.map(({ ts }) => ts));
  return writeRows(
    sql,
    tier,
    sql`select ${partColumns(sql, source)}
        from unnest(${seriesIds}::int4[], ${times}::float8[]) as c(series_id, ms)
        cross join lateral (
          select * from ${partsOf(sql, source)}
          where p.series_id = c.series_id
            and p.ts >= to_timestamp(c.ms / 1000) and p.ts < to_timestamp((c.ms + ${TIER[tier].stepMs}::float8) / 1000)
        ) p`,
  );
}

/** In the order that questions about a whole metric read them: by time, and within it metric by metric. */
async function writeRows(sql: ISql, tier: RollupTier, parts: Fragment): Promise<number> {
  const result = await sql`
    with parts as (${parts}), neighbours as (
      select *, ${binned(sql, 'ts', TIER[tier].stepMs)} as bin,
        lag(last) over w as prev, lag(last_at) over w as prev_at, lead(first_at) over w as next_at
      from parts
      window w as (partition by series_id, ${binned(sql, 'ts', TIER[tier].stepMs)} order by ts)
    ), rows as (
      select bin, series_id, sum(sum) as sum, min(min) as min, max(max) as max, sum(n) as count,
        min(first_at) - date_part('epoch', bin) * 1000 as first_ms,
        max(last_at) - date_part('epoch', bin) * 1000 as last_ms,
        sum(elapsed + coalesce(${elapsedSincePrevious(sql)}, 0)) as elapsed_ms,
        max(first) filter (where prev_at is null) as first,
        max(last) filter (where next_at is null) as last,
        sum(increase + coalesce(${increaseSincePrevious(sql)}, 0)) as increase
      from neighbours
      group by bin, series_id
    )
    insert into ${sql(TIER[tier].relation)} as t
      (ts, metric_id, series_id, sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase)
    select bin, s.metric_id, series_id, r.sum, r.min, r.max, r.count, round(first_ms), round(last_ms), round(elapsed_ms),
      r.first, r.last, r.increase
    from rows r join series s on s.id = r.series_id
    order by bin, s.metric_id, series_id
    on conflict (series_id, ts) do update set
      sum = excluded.sum, min = excluded.min, max = excluded.max, count = excluded.count,
      first_ms = excluded.first_ms, last_ms = excluded.last_ms, elapsed_ms = excluded.elapsed_ms,
      first = excluded.first, last = excluded.last, increase = excluded.increase`;
  return result.count;
}
