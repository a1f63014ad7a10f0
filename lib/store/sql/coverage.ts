import type { Fragment, ISql } from 'postgres';
import { alignDown } from '../../model/points';
import { STORE_TIERS, type StoreTier, TIER } from '../../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../../model/samples';
import { DAY, MINUTE } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { type Counters, epochMs, interval, moment, partColumns, partsOf } from './parts';
import type { RollupTier } from './rollup-tiers';
import type { Coverage, Selection } from './selection';
import { isNotStale } from './stale';

/** Of more series than this, a look for stale entries asks about all: one scan of a short log. */
const FEW_SERIES = 1_000;
/** Nearly every sample has its predecessor within this, where it is found without being looked for. */
export const NEAR_MS = 5 * MINUTE;

/** As it was looked up for one question. */
export interface ReadCoverage extends Coverage {
  careful: boolean;
  /** The newest partition, or chunk, of any table. */
  newestPart: number;
}

/** The start of the samples that a range depends on: the growth of a counter depends on the sample before the range. */
export function reachOf(start: number, counters: Counters): number {
  return counters === 'none' ? start : alignDown(start - COUNTER_GAP_MS, DAY);
}

/**
 * Looked up before the question itself. What upkeep does in between does not make it wrong (what was rolled up
 * and not stale then is, at worst, rolled up again with more samples), with one exception: see `isPassed`.
 */
export async function readCoverage(
  sql: ISql,
  { metricId, seriesIds, reach, end }: Pick<Selection, 'metricId' | 'seriesIds' | 'reach' | 'end'>,
): Promise<ReadCoverage> {
  const some = seriesIds.length <= FEW_SERIES ? arrayText(seriesIds) : null;
  const [row] = await sql`
    select * from read_coverage(${metricId}, ${some}::int4[], ${moment(sql, reach)}, ${moment(sql, end)})`;
  return {
    rolled: { minute: row.minute, hour: row.hour, day: row.day },
    stale: row.stale,
    rawFrom: row.raw_from,
    careful: row.careful,
    newestPart: row.newest_part,
  };
}

/**
 * Whether an answer that was read by this coverage may miss something. The database plans a statement before it takes
 * the snapshot it reads: a partition that is created in between is not read, while the log may already say that the
 * rows in it are made. Asked afterwards; only where something was stale can it be so.
 */
export async function isPassed(sql: ISql, coverage: ReadCoverage): Promise<boolean> {
  if (!coverage.stale) return false;
  const [{ newest }] = await sql`select ${newestPart(sql)} as newest`;
  return newest !== coverage.newestPart;
}

function newestPart(sql: ISql): Fragment {
  return sql`(select coalesce(max(inhrelid::oid::int8), 0)::float8 from pg_inherits)`;
}

export interface Branch {
  level: StoreTier;
  /** A select of parts. */
  parts: Fragment;
}

/** Whose parts: of the series of a selection, or of the one that the statement around it names. */
type Whose =
  | Pick<Selection, 'metricId' | 'seriesIds' | 'wholeMetric'>
  | { series: Fragment; metricId?: number };

type Stretch = Pick<Selection, 'tier' | 'start' | 'end' | 'counters'>;

/**
 * The parts of a range, every sample of it in exactly one: rows of the selection's tier where they are rolled up
 * and not stale, otherwise those of the next finer tier on the same terms, in the end the samples themselves.
 */
export function coveringParts(sql: ISql, selection: Stretch & Whose, coverage: Coverage): Branch[] {
  const { tier, start, end, counters } = selection;
  const branches: Branch[] = [];
  let from = start;
  /** The part of the range that the next coarser tier covers. */
  let coarser: { tier: RollupTier; start: number; end: number } | null = null;
  for (const level of STORE_TIERS.slice(0, STORE_TIERS.indexOf(tier) + 1).reverse()) {
    const whole = alignDown(end, TIER[level].stepMs);
    const until: number = level === 'raw' ? end : Math.min(whole, coverage.rolled[level]);
    const columns = sql`select ${partColumns(sql, level, counters, coverage.careful)}`;
    const isFresh = isNotStale(sql, level, coverage);
    if (from < until)
      branches.push({
        level,
        parts: sql`${columns} ${stretch(sql, level, { ...selection, start: from, end: until }, coverage)} ${isFresh}`,
      });
    if (coverage.stale && coarser && coarser.start < coarser.end)
      branches.push({
        level,
        parts: sql`${columns} ${insteadOf(sql, level, { ...selection, ...coarser }, coverage)} ${isFresh}`,
      });
    from = Math.max(from, until);
    if (level !== 'raw') coarser = { tier: level, start, end: from };
  }
  return branches;
}

/** Epoch ms, `end` exclusive. */
type TimeBounds = Pick<Selection, 'start' | 'end'>;

/**
 * Bounds as constants, beside those that a row gives: with them the planner leaves out all other partitions, of which
 * there may be thousands. Otherwise it plans to look into each.
 */
function among(sql: ISql, column: 'p.ts' | 's.ts' | 'b.ts', { start, end }: TimeBounds): Fragment {
  return sql`and ${sql.unsafe(column)} >= ${moment(sql, start)} and ${sql.unsafe(column)} < ${moment(sql, end)}`;
}

/** What lies in one tier between two moments. */
function stretch(sql: ISql, level: StoreTier, selection: Stretch & Whose, coverage: Coverage): Fragment {
  const [from, until] = [moment(sql, selection.start), moment(sql, selection.end)];
  const within = sql`p.ts >= ${from} and p.ts < ${until}`;
  // Both where both are known: which index is the better one depends on how many series are asked for.
  const ofMetric =
    level === 'raw' || selection.metricId === undefined
      ? sql``
      : sql`and p.metric_id = ${selection.metricId}`;
  if ('series' in selection)
    return sql`from ${partsOf(sql, level, coverage.careful)} where ${within} ${ofMetric} and p.series_id = ${selection.series}`;
  const ids = arrayText(selection.seriesIds);
  if (level === 'raw' && selection.counters === 'stored') {
    const samples = samplesWithPrevious(sql, sql`m.series_id`, selection, null, coverage);
    return sql`from unnest(${ids}::int4[]) as m(series_id) cross join lateral (${samples}) p where ${within}`;
  }
  const ofSeries = sql`and p.series_id = any(${ids}::int4[])`;
  const selected = selection.wholeMetric && level !== 'raw' ? ofMetric : sql`${ofMetric} ${ofSeries}`;
  return sql`from ${partsOf(sql, level, coverage.careful)} where ${within} ${selected}`;
}

/** What a tier has in place of the stale rows of the next coarser one. */
function insteadOf(
  sql: ISql,
  level: StoreTier,
  coarser: Stretch & Whose & { tier: RollupTier },
  coverage: Coverage,
): Fragment {
  const row = { from: sql`c.ts`, until: sql`c.ts + ${interval(sql, TIER[coarser.tier].stepMs)}` };
  const rows =
    level === 'raw' && coarser.counters === 'stored'
      ? samplesWithPrevious(sql, sql`c.series_id`, coarser, row, coverage)
      : sql`select * from ${partsOf(sql, level, coverage.careful)} where p.series_id = c.series_id and p.ts >= ${row.from} and p.ts < ${row.until} ${among(sql, 'p.ts', coarser)}`;
  const ofSeries = 'series' in coarser ? sql`and c.series_id = ${coarser.series}` : sql``;
  return sql`
    from ${sql(`stale_${coarser.tier}`)} c cross join lateral (${rows}) p
    where p.ts >= c.ts and c.ts >= ${moment(sql, coarser.start)} and c.ts < ${moment(sql, coarser.end)} ${ofSeries}`;
}

/**
 * The samples of one series in order, each with the one before it (`prev`, `prev_ts`), as `partColumns` takes them
 * for `stored` counters: of `range`, or of a row of a rollup in it. Begins early enough to know the one before the
 * first, which is looked for only where it is not near: whoever reads leaves out `ts < from`.
 */
function samplesWithPrevious(
  sql: ISql,
  series: Fragment,
  range: TimeBounds,
  row: { from: Fragment; until: Fragment } | null,
  coverage: Coverage,
): Fragment {
  const nearby = { start: range.start - NEAR_MS, end: range.end };
  const from = row?.from ?? moment(sql, range.start);
  const near = row && sql`${from} - ${interval(sql, NEAR_MS)}`;
  const ofRow = row ? sql`and s.ts >= ${near} and s.ts < ${row.until}` : sql``;
  const before = near ? { at: near, bounds: nearby } : nearby.start;
  const far = (element: 1 | 2) =>
    sql`case when s.ts >= ${from} then (select sample[${sql.unsafe(String(element))}] from far) end`;
  return sql`
    with far as materialized (select ${sampleBefore(sql, series, before, coverage)} as sample)
    select s.series_id, s.ts, s.value, ${beforeEach(sql, 's.value', far(1))} as prev,
      ${beforeEach(sql, 's.ts', sql`to_timestamp(${far(2)} / 1000)`)} as prev_ts
    from samples s
    where s.series_id = ${series} ${ofRow} ${among(sql, 's.ts', nearby)}
    window w as (order by s.ts)`;
}

/**
 * A column of the row before in the window `w`, of the first row `far`. As the default of `lag` it is worked out for
 * the first rows only: chosen by a `case` over its result, the same takes twice the time of the whole question.
 */
export function beforeEach(
  sql: ISql,
  column: 's.value' | 's.ts' | 'last' | 'last_at',
  far: Fragment,
): Fragment {
  return sql`lag(${sql.unsafe(column)}, 1, ${far}) over w`;
}

/** A moment, epoch ms, or one that a row names: with the bounds of all these moments, where they are known. */
type NamedMoment = number | { at: Fragment; bounds?: TimeBounds };

/**
 * The last sample of a series before a moment, `array[value, epoch ms]`, in a database that finds samples by series and
 * time. Null when there is none that a counter would go on from, or a little beyond. Where samples are gone, rollups
 * know the last of them.
 */
export function sampleBefore(sql: ISql, series: Fragment, before: NamedMoment, coverage: Coverage): Fragment {
  const { rolled, rawFrom } = coverage;
  const stored = sql`(
    select array[b.value, ${epochMs(sql, 'b.ts')}] from samples b
    where b.series_id = ${series} ${shortlyBefore(sql, before, rawFrom)}
    order by b.ts desc
    limit 1
  )`;
  if (!Number.isFinite(rawFrom)) return stored;
  // No sample comes late to what is gone, so no row from before is stale.
  return sql`coalesce(${stored}, ${lastBefore(sql, { series }, rawFrom, { rolled, rawFrom, stale: false })})`;
}

/** Of samples `b`, those that a counter would go on from. */
function shortlyBefore(sql: ISql, before: NamedMoment, rawFrom: number): Fragment {
  if (typeof before === 'number')
    return among(sql, 'b.ts', { start: Math.max(rawFrom, before - COUNTER_GAP_MS), end: before });
  const { at, bounds } = before;
  const near = bounds ? among(sql, 'b.ts', { ...bounds, start: bounds.start - COUNTER_GAP_MS }) : sql``;
  const kept = Number.isFinite(rawFrom) ? sql`and b.ts >= ${moment(sql, rawFrom)}` : sql``;
  return sql`and b.ts < ${at} and b.ts >= ${at} - ${interval(sql, COUNTER_GAP_MS)} ${kept} ${near}`;
}

/**
 * The same of a moment that is known beforehand, in any database: as much of the way back as it can in coarse steps.
 */
export function lastBefore(
  sql: ISql,
  whose: { series: Fragment; metricId?: number },
  before: number,
  coverage: Coverage,
): Fragment {
  const way = { tier: 'day', start: reachOf(before, 'stored'), end: before, counters: 'none' } as const;
  const newest = coveringParts(sql, { ...way, ...whose }, coverage).map(
    ({ parts }) => sql`(select last, last_at from (${parts}) part order by ts desc limit 1)`,
  );
  return sql`(
    select array[last, last_at] from (${newest.reduce((all, each) => sql`${all} union all ${each}`)}) newest
    order by last_at desc
    limit 1
  )`;
}
