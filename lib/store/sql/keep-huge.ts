import type { Fragment, ISql } from 'postgres';
import { TIER } from '../../model/rollup/tiers';
import { arrayText } from '../arrays';
import { binned, gap, interval, moment, partColumns, partsOf } from './parts';
import { type ChangedRow, type RollupTier, SOURCE } from './rollup-tiers';

/** How what a row is made of is found: row by row, by an index; or by a look through all of the range. */
type Lookup = 'by_row' | 'by_range';

interface Keeping {
  tier: RollupTier;
  lookup: Lookup;
  /** Where rows start, epoch ms; `end` exclusive. */
  start: number;
  end: number;
  /** Of these only some. */
  rows?: readonly ChangedRow[];
}

/**
 * Keeps beside the rows of a rollup what these cannot hold: sums and increases of huge values, scaled down. To be
 * called after the rows are made, before they are read: of those that start in `[start, end)`.
 */
export function keepHuge(sql: ISql, keeping: Omit<Keeping, 'rows'>): Promise<void> {
  return keep(sql, keeping);
}

/** The same of rows that have been made again. */
export function keepHugeAgain(
  sql: ISql,
  { tier, lookup }: Pick<Keeping, 'tier' | 'lookup'>,
  rows: readonly ChangedRow[],
): Promise<void> {
  const start = rows.reduce((least, { ts }) => Math.min(least, ts), Number.POSITIVE_INFINITY);
  const last = rows.reduce((most, { ts }) => Math.max(most, ts), Number.NEGATIVE_INFINITY);
  return keep(sql, { tier, lookup, start, end: last + TIER[tier].stepMs, rows });
}

async function keep(sql: ISql, keeping: Keeping): Promise<void> {
  if (!(keeping.start < keeping.end)) return;
  const [{ any }] = await sql<[{ any: boolean }]>`select exists (select from huge_metrics) as any`;
  if (!any) return;
  await sql`
    with overfull as materialized (${overfullRows(sql, keeping)}), members as (
      select *, case when first_at - lag(last_at) over w <= ${gap(sql)} then counted_from(first, lag(last) over w) end as origin
      from (${membersOf(sql, keeping)}) m
      window w as (partition by series_id, bin order by ts)
    )
    insert into rollup_huge (tier, series_id, ts, sum, increase)
    select ${keeping.tier}, series_id, bin, scaled(sum(sum)) + sum(huge_sum),
      scaled(sum(increase) + sum(tame_difference(first, origin)))
        + sum(huge_increase) + coalesce(sum(huge_difference(first, origin)), 0)
    from members
    group by series_id, bin
    on conflict (series_id, tier, ts) do update set sum = excluded.sum, increase = excluded.increase`;
}

function overfullRows(sql: ISql, { tier, start, end, rows }: Keeping): Fragment {
  const asked = rows
    ? sql`and (series_id, ts) in (
        select series_id, to_timestamp(ms / 1000)
        from unnest(
          ${arrayText(rows.map(({ seriesId }) => seriesId))}::int4[], ${arrayText(rows.map(({ ts }) => ts))}::float8[]
        ) as asked(series_id, ms)
      )`
    : sql``;
  return sql`
    select series_id, ts from ${sql(TIER[tier].relation)}
    where metric_id in (select metric_id from huge_metrics)
      and ts >= ${moment(sql, start)} and ts < ${moment(sql, end)} ${asked}
      and not (abs(sum) <= ${Number.MAX_VALUE}::float8 and abs(increase) <= ${Number.MAX_VALUE}::float8)`;
}

/** The parts that these rows are made of, each with the start of its row: `bin`. */
function membersOf(sql: ISql, { tier, start, end, lookup }: Keeping): Fragment {
  const parts = sql`select ${partColumns(sql, SOURCE[tier], 'none', true)} from ${partsOf(sql, SOURCE[tier], true)}`;
  const width = interval(sql, TIER[tier].stepMs);
  if (lookup === 'by_row')
    return sql`
      select o.ts as bin, part.* from overfull o cross join lateral (
        ${parts} where p.series_id = o.series_id and p.ts >= o.ts and p.ts < o.ts + ${width}
      ) part`;
  return sql`
    select o.ts as bin, part.* from overfull o join (
      ${parts} where p.ts >= ${moment(sql, start)} and p.ts < ${moment(sql, end)}
        and p.series_id in (select series_id from overfull)
    ) part on part.series_id = o.series_id and ${binned(sql, 'part.ts', TIER[tier].stepMs)} = o.ts`;
}

/** Forgets what belongs to rows that are gone: those of a tier that start before a moment, epoch ms. */
export async function forgetHuge(sql: ISql, tier: RollupTier, before: number): Promise<void> {
  await sql`delete from rollup_huge where tier = ${tier} and ts < ${moment(sql, before)}`;
}
