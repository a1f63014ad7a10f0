import type { Fragment, ISql } from 'postgres';
import { COUNTER_GAP_MS, MINUTE } from '../../model';
import { STORE_TIERS, type StoreTier, TIER } from '../../rollup/steps';
import { arrayText } from '../arrays';
import { binned, type Counters, interval, moment, partColumns, partsOf, samplesWithPrevious } from './parts';
import type { RollupTier } from './roll-up';

/** Of more series than this, a look for stale entries asks about all: one scan of a short log. */
const FEW_SERIES = 1_000;

/** What of a range the rollups hold. */
export interface Coverage {
  rolled: Record<RollupTier, number>;
  /** Whether late samples have changed something in the range that is not rolled up again yet. */
  stale: boolean;
  /** The newest partition, or chunk, of any table. */
  newestPart: number;
}

export interface Selection {
  /** The coarsest tier to read. */
  tier: StoreTier;
  metricId: number;
  seriesIds: readonly number[];
  wholeMetric: boolean;
  /** Epoch ms, multiples of the step of `tier`; `end` exclusive. */
  start: number;
  end: number;
  counters: Counters;
}

/**
 * Looked up before the question itself. What upkeep does in between does not make it wrong (what was rolled up
 * and not stale then is, at worst, rolled up again with more samples), with one exception: see `isPassed`.
 */
export async function readCoverage(sql: ISql, selection: Selection): Promise<Coverage> {
  const { seriesIds, end } = selection;
  const ofSeries =
    seriesIds.length <= FEW_SERIES ? sql`and series_id = any(${arrayText(seriesIds)}::int4[])` : sql``;
  const [row] = await sql`
    select date_part('epoch', minute_rolled) * 1000 as minute,
      date_part('epoch', hour_rolled) * 1000 as hour,
      date_part('epoch', day_rolled) * 1000 as day,
      exists (
        select from rollup_stale
        where ts >= ${moment(sql, earliestStale(selection))} and ts < ${moment(sql, end)} ${ofSeries}
      ) as stale,
      ${newestPart(sql)} as newest
    from rollup_state`;
  return {
    rolled: { minute: row.minute, hour: row.hour, day: row.day },
    stale: row.stale,
    newestPart: row.newest,
  };
}

/**
 * Whether an answer that was read by this coverage may miss something. The database plans a statement before it takes
 * the snapshot it reads: a partition that comes to be in between is not read, while the log may already say that the
 * rows in it are made. Asked afterwards; only where something was stale can it be so.
 */
export async function isPassed(sql: ISql, coverage: Coverage): Promise<boolean> {
  if (!coverage.stale) return false;
  const [{ newest }] = await sql`select ${newestPart(sql)} as newest`;
  return newest !== coverage.newestPart;
}

function newestPart(sql: ISql): Fragment {
  return sql`(select coalesce(max(inhrelid::oid::int8), 0)::float8 from pg_inherits)`;
}

/** With stored counters a late sample changes what its successor has counted since, up to five minutes later. */
function earliestStale({ start, counters }: Selection): number {
  return counters === 'stored' ? start - COUNTER_GAP_MS : start;
}

export interface Branch {
  level: StoreTier;
  /** A select of parts. */
  parts: Fragment;
}

/**
 * The parts of a range, every sample of it in exactly one: rows of the selection's tier where they are rolled up
 * and not stale, otherwise those of the next finer tier on the same terms, in the end the samples themselves.
 */
export function coveringParts(sql: ISql, selection: Selection, coverage: Coverage): Branch[] {
  const { tier, start, end, counters } = selection;
  const branches: Branch[] = [];
  let from = start;
  let coarser: RollupTier | null = null;
  for (const level of STORE_TIERS.slice(0, STORE_TIERS.indexOf(tier) + 1).reverse()) {
    const until: number = level === 'raw' ? end : Math.min(end, coverage.rolled[level]);
    const columns = sql`select ${partColumns(sql, level, counters)}`;
    const isFresh = isNotStale(sql, level, coverage);
    if (from < until)
      branches.push({
        level,
        parts: sql`${columns} ${stretch(sql, level, selection, from, until)} ${isFresh}`,
      });
    if (coarser && coverage.stale)
      branches.push({ level, parts: sql`${columns} ${insteadOf(sql, coarser, level, counters)} ${isFresh}` });
    from = Math.max(from, until);
    if (level !== 'raw') coarser = level;
  }
  return branches;
}

/** What lies in one tier between two moments. */
function stretch(sql: ISql, level: StoreTier, selection: Selection, from: number, until: number): Fragment {
  const { metricId, seriesIds, wholeMetric, counters } = selection;
  const within = sql`p.ts >= ${moment(sql, from)} and p.ts < ${moment(sql, until)}`;
  const ids = arrayText(seriesIds);
  if (level === 'raw' && counters === 'stored') {
    const samples = samplesWithPrevious(sql, sql`m.series_id`, moment(sql, from), moment(sql, until));
    return sql`from unnest(${ids}::int4[]) as m(series_id) cross join lateral (${samples}) p where ${within}`;
  }
  const ofSeries = sql`and p.series_id = any(${ids}::int4[])`;
  // Both where both are known: which index is the better one depends on how many series are asked for.
  const ofMetric = level === 'raw' ? sql`` : sql`and p.metric_id = ${metricId}`;
  const selected = wholeMetric && level !== 'raw' ? ofMetric : sql`${ofMetric} ${ofSeries}`;
  return sql`from ${partsOf(sql, level)} where ${within} ${selected}`;
}

/** What the next finer tier has in place of stale rows. */
function insteadOf(sql: ISql, stale: RollupTier, level: StoreTier, counters: Counters): Fragment {
  const until = sql`c.ts + ${interval(sql, TIER[stale].stepMs)}`;
  const rows =
    level === 'raw' && counters === 'stored'
      ? samplesWithPrevious(sql, sql`c.series_id`, sql`c.ts`, until)
      : sql`select * from ${partsOf(sql, level)} where p.series_id = c.series_id and p.ts >= c.ts and p.ts < ${until}`;
  return sql`from ${sql(`stale_${stale}`)} c cross join lateral (${rows}) p where p.ts >= c.ts`;
}

function isNotStale(sql: ISql, tier: StoreTier, { stale }: Coverage): Fragment {
  if (!stale || tier === 'raw') return sql``;
  return sql`and not exists (select from ${sql(`stale_${tier}`)} x where x.series_id = p.series_id and x.ts = p.ts)`;
}

/** The CTEs `coveringParts` refers to, each with a comma behind it: the stale rows of every rollup it reads. */
export function staleRows(sql: ISql, selection: Selection, coverage: Coverage): Fragment {
  if (!coverage.stale) return sql``;
  const { tier, start, end, seriesIds, wholeMetric, metricId } = selection;
  const ofSeries = wholeMetric
    ? sql`series_id in (select id from series where metric_id = ${metricId})`
    : sql`series_id = any(${arrayText(seriesIds)}::int4[])`;
  const levels = STORE_TIERS.slice(1, STORE_TIERS.indexOf(tier) + 1) as RollupTier[];
  return levels.reduce(
    (ctes, level) => sql`${ctes}
      ${sql(`stale_${level}`)} as materialized (
        select distinct series_id, ${binned(sql, 'p.ts', TIER[level].stepMs)} as ts
        from rollup_stale e cross join lateral (${reach(sql, selection)}) p
        where tier = any(${`{${STORE_TIERS.slice(1, STORE_TIERS.indexOf(level) + 1)}}`}::text[])
          and e.ts >= ${moment(sql, earliestStale(selection))} and e.ts < ${moment(sql, end)}
          and p.ts >= ${moment(sql, start)} and p.ts < ${moment(sql, Math.min(end, coverage.rolled[level]))}
          and ${ofSeries}
      ),`,
    sql``,
  );
}

/** The moments whose rows an entry `e` of the log makes stale. */
function reach(sql: ISql, { counters }: Selection): Fragment {
  if (counters !== 'stored') return sql`select e.ts`;
  return sql`select generate_series(
    e.ts,
    e.ts + case when e.tier = 'minute' then ${interval(sql, COUNTER_GAP_MS)} else ${interval(sql, 0)} end,
    ${interval(sql, MINUTE)}
  ) as ts`;
}
