import type { Fragment, ISql } from 'postgres';
import { STORE_TIERS, type StoreTier, TIER } from '../../rollup/steps';
import { arrayText } from '../arrays';
import { binned, moment, partColumns, partsOf } from './parts';
import type { RollupTier } from './roll-up';

/** Of more series than this, a look for stale entries asks about all: one scan of a short log. */
const FEW_SERIES = 1_000;

/** What of a range the rollups hold. */
export interface Coverage {
  rolled: Record<RollupTier, number>;
  /** Whether late samples have changed something in the range that is not rolled up again yet. */
  stale: boolean;
}

export interface Selection {
  metricId: number;
  seriesIds: readonly number[];
  wholeMetric: boolean;
  /** Epoch ms, multiples of the step of the tier that is read; `end` exclusive. */
  start: number;
  end: number;
}

/**
 * Looked up before the question itself. Nothing that upkeep does in between makes it wrong: what was rolled up
 * and not stale then is, at worst, rolled up again with more samples.
 */
export async function readCoverage(sql: ISql, selection: Selection): Promise<Coverage> {
  const { seriesIds, start, end } = selection;
  const ofSeries =
    seriesIds.length <= FEW_SERIES ? sql`and series_id = any(${arrayText(seriesIds)}::int4[])` : sql``;
  const [row] = await sql`
    select date_part('epoch', minute_rolled) * 1000 as minute,
      date_part('epoch', hour_rolled) * 1000 as hour,
      date_part('epoch', day_rolled) * 1000 as day,
      exists (
        select from rollup_stale where ts >= ${moment(sql, start)} and ts < ${moment(sql, end)} ${ofSeries}
      ) as stale
    from rollup_state`;
  return { rolled: { minute: row.minute, hour: row.hour, day: row.day }, stale: row.stale };
}

/**
 * The parts of a range, every sample of it in exactly one: rows of `tier` where they are rolled up and not
 * stale, otherwise those of the next finer tier on the same terms, in the end the samples themselves.
 */
export function coveringParts(
  sql: ISql,
  tier: StoreTier,
  selection: Selection,
  coverage: Coverage,
): Fragment {
  const { start, end } = selection;
  const branches: Fragment[] = [];
  let from = start;
  let coarser: RollupTier | null = null;
  for (const level of STORE_TIERS.slice(0, STORE_TIERS.indexOf(tier) + 1).reverse()) {
    const until: number = level === 'raw' ? end : Math.min(end, coverage.rolled[level]);
    const rows = sql`select ${partColumns(sql, level)} from ${partsOf(sql, level)}`;
    const usable = sql`${ofSelection(sql, level, selection)} ${notStale(sql, level, coverage)}`;
    if (from < until)
      branches.push(
        sql`${rows} where p.ts >= ${moment(sql, from)} and p.ts < ${moment(sql, until)} and ${usable}`,
      );
    if (coarser && coverage.stale)
      branches.push(sql`
        select ${partColumns(sql, level)} from ${sql(`stale_${coarser}`)} c cross join lateral (
          select * from ${partsOf(sql, level)}
          where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + ${width(sql, coarser)}
        ) p
        where true ${notStale(sql, level, coverage)}`);
    from = Math.max(from, until);
    if (level !== 'raw') coarser = level;
  }
  return branches.reduce((all, branch) => sql`${all} union all ${branch}`);
}

/** The CTEs `coveringParts` refers to, each with a comma behind it: the stale rows of every rollup it reads. */
export function staleRows(sql: ISql, tier: StoreTier, selection: Selection, coverage: Coverage): Fragment {
  if (!coverage.stale) return sql``;
  const { start, end, seriesIds, wholeMetric, metricId } = selection;
  const ofSeries = wholeMetric
    ? sql`series_id in (select id from series where metric_id = ${metricId})`
    : sql`series_id = any(${arrayText(seriesIds)}::int4[])`;
  const levels = STORE_TIERS.slice(1, STORE_TIERS.indexOf(tier) + 1) as RollupTier[];
  return levels.reduce(
    (ctes, level) => sql`${ctes}
      ${sql(`stale_${level}`)} as materialized (
        select distinct series_id, ${binned(sql, 'ts', TIER[level].stepMs)} as ts
        from rollup_stale
        where tier = any(${`{${STORE_TIERS.slice(1, STORE_TIERS.indexOf(level) + 1)}}`}::text[])
          and ts >= ${moment(sql, start)} and ts < ${moment(sql, Math.min(end, coverage.rolled[level]))}
          and ${ofSeries}
      ),`,
    sql``,
  );
}

function ofSelection(sql: ISql, tier: StoreTier, { metricId, seriesIds, wholeMetric }: Selection): Fragment {
  const ofSeries = sql`p.series_id = any(${arrayText(seriesIds)}::int4[])`;
  if (tier === 'raw') return ofSeries;
  // Both where both are known: which index is the better one depends on how many series are asked for.
  return wholeMetric ? sql`p.metric_id = ${metricId}` : sql`p.metric_id = ${metricId} and ${ofSeries}`;
}

function notStale(sql: ISql, tier: StoreTier, { stale }: Coverage): Fragment {
  if (!stale || tier === 'raw') return sql``;
  return sql`and not exists (select from ${sql(`stale_${tier}`)} x where x.series_id = p.series_id and x.ts = p.ts)`;
}

function width(sql: ISql, tier: RollupTier): Fragment {
  return sql.unsafe(`interval '${TIER[tier].stepMs} milliseconds'`);
}
