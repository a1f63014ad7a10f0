import type { Fragment, ISql } from 'postgres';
import { STORE_TIERS, type StoreTier, TIER } from '../../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../../model/samples';
import { MINUTE } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { binned, interval, moment } from './parts';
import type { RollupTier } from './rollup-tiers';
import type { Coverage, Selection } from './selection';

/**
 * The CTEs `coveringParts` refers to, each with a comma behind it: of every rollup that it may read, the rows that late
 * samples have changed since they were made.
 */
export function staleRows(sql: ISql, selection: Selection, coverage: Coverage): Fragment {
  if (!coverage.stale) return sql``;
  const { counters, tier, start, reach, end } = selection;
  // What is stitched to the first parts of a range may be rows of any tier.
  const [coarsest, from]: [StoreTier, number] = counters === 'stitched' ? ['day', reach] : [tier, start];
  return rollupsUpTo(coarsest).reduce(
    (ctes, level) => sql`${ctes}
      ${sql(`stale_${level}`)} as materialized (
        select distinct series_id, ${binned(sql, 'ts', TIER[level].stepMs)} as ts from changed
        where tier = any(${`{${rollupsUpTo(level)}}`}::text[])
          and ts >= ${moment(sql, from)} and ts < ${moment(sql, Math.min(end, coverage.rolled[level]))}
      ),`,
    sql`
      late as materialized (
        select distinct tier, series_id, ts from rollup_stale
        where tier = any(${`{${rollupsUpTo(coarsest)}}`}::text[])
          and ts >= ${moment(sql, reach)} and ts < ${moment(sql, end)} and ${ofSeries(sql, selection)}
      ),
      changed as materialized (
        select * from late ${counters === 'stored' ? sql`union ${successors(sql, selection, coverage)}` : sql``}
      ),`,
  );
}

/** Leaves out rows `p` of a rollup that are stale. */
export function isNotStale(sql: ISql, tier: StoreTier, { stale }: Coverage): Fragment {
  if (!stale || tier === 'raw') return sql``;
  return sql`and not exists (select from ${sql(`stale_${tier}`)} x where x.series_id = p.series_id and x.ts = p.ts)`;
}

/**
 * Where rows know what counters did on the way into them, a late sample has changed the way into the next row, too,
 * however far off that is. What comes next after a minute is looked for in the range only: from before it, the last of
 * the late minutes of a series finds what all others might.
 */
function successors(sql: ISql, { start, end }: Selection, { rolled, rawFrom }: Coverage): Fragment {
  const from = sql`${moment(sql, Math.max(start, rawFrom))}`;
  const minute = interval(sql, MINUTE);
  return sql`
    select 'minute', l.series_id, n.ts
    from (select *, lead(ts) over (partition by series_id order by ts) as next from late where tier = 'minute') l
    cross join lateral (
      select p.ts from rollup_minute p
      where p.series_id = l.series_id and p.ts > l.ts and p.ts < l.ts + ${minute} + ${interval(sql, COUNTER_GAP_MS)}
        and p.ts >= ${from} and p.ts < ${moment(sql, Math.min(end, rolled.minute))}
      order by p.ts
      limit 1
    ) n
    where l.next is null or l.next > l.ts + ${minute} and l.next >= ${from}`;
}

function ofSeries(sql: ISql, { seriesIds, wholeMetric, metricId }: Selection): Fragment {
  return wholeMetric
    ? sql`series_id in (select id from series where metric_id = ${metricId})`
    : sql`series_id = any(${arrayText(seriesIds)}::int4[])`;
}

/** The rollups up to this tier, finest first; none for samples. */
function rollupsUpTo(tier: StoreTier): RollupTier[] {
  return STORE_TIERS.slice(1, STORE_TIERS.indexOf(tier) + 1) as RollupTier[];
}
