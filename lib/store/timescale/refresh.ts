import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { alignDown, alignUp, type TimeRange } from '../../model/points';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { codeOf, LOCK_NOT_AVAILABLE } from '../pg-errors';
import { keepHuge, keepHugeAgain } from '../sql/keep-huge';
import { moment } from '../sql/parts';
import type { RollupTier } from '../sql/rollup-tiers';
import { readState } from '../sql/state';
import { rangesOf } from './ranges';

/** Entries of the log worked off at once. */
const ENTRIES_AT_ONCE = 50_000;
/** Rows of a rollup fewer steps apart than this are refreshed together. */
const GAP_STEPS = 10;
/**
 * And where there would be more ranges than this, those farther apart as well: reading a chunk once for every range
 * costs as much as making all rows between them again.
 */
const MOST_RANGES = 40;
/** About how much of its source one refresh reads: seconds of work. */
const SLICE_BYTES = 32 * 2 ** 20;
const SOURCE = { minute: 'raw', hour: 'minute', day: 'hour' } as const satisfies Record<
  RollupTier,
  StoreTier
>;
/** What the rows of a rollup are made of, by the name TimescaleDB knows it under. */
const STORED_IN: Record<RollupTier, string> = {
  minute: 'samples_packed',
  hour: TIER.minute.relation,
  day: TIER.hour.relation,
};
/** Over no more steps than this, a refresh is made without looking how much there is. */
const FEW_STEPS = 60;
const COARSER: Partial<Record<RollupTier, RollupTier>> = { minute: 'hour', hour: 'day' };
/** TimescaleDB refuses a refresh, as a lock that is not available, while another one of an overlapping range runs. */
const ATTEMPTS = 40;
const PAUSE_MS = 250;

/** How to refresh a range. */
export interface Refresher {
  /** A pool of one connection, outside any transaction: a refresh is several. */
  sql: Sql;
  /**
   * Whether the database would cut a range into batches of a few rows, unless a setting forbids it. Each costs
   * 10 ms and more, and the ranges here are cut to measure already.
   */
  batches: boolean;
}

export interface Progress {
  /** Rows of the rollup that came to be, or changed. */
  rows: number;
  /** Whether nothing is left to do. */
  finished: boolean;
}

/**
 * Materialises the next slice of what is complete: minutes up to the seal, hours and days up to what the finer tier
 * has. The mark moves after the rows are there, so a crash in between only repeats work.
 */
export async function refreshTail(refresher: Refresher, tier: RollupTier): Promise<Progress> {
  const { sql } = refresher;
  const { sealed, rolled } = await readState(sql);
  const source = SOURCE[tier];
  const from = rolled[tier];
  const limit = alignDown(source === 'raw' ? sealed : rolled[source], TIER[tier].stepMs);
  if (from >= limit) return { rows: 0, finished: true };

  const slice = await nextSlice(sql, tier, from, limit);
  if (slice) {
    await refresh(refresher, tier, slice);
    await keepHuge(sql, { tier, lookup: 'by_range', ...slice });
  }
  const end = slice?.end ?? limit;
  const mark = sql(`${tier}_rolled`);
  await sql`update rollup_state set ${mark} = greatest(${mark}, ${moment(sql, end)})`;
  return { rows: slice ? await countRows(sql, tier, slice) : 0, finished: end >= limit };
}

/**
 * Materialises again what late samples have changed. An entry leaves the log after its row is made, together with
 * the writing of entries for the coarser rows above it; what is logged meanwhile stays.
 */
export async function refreshStale(refresher: Refresher, tier: RollupTier): Promise<Progress> {
  const { sql } = refresher;
  const { rolled, rawFrom } = await readState(sql);
  const step = TIER[tier].stepMs;
  const entries = await sql<Array<{ id: number; seriesId: number; ts: number; forced: boolean }>>`
    select id::float8 as id, series_id as "seriesId", date_part('epoch', ts) * 1000 as ts, forced
    from rollup_stale where tier = ${tier} and ts < ${moment(sql, rolled[tier])}
    order by ts limit ${ENTRIES_AT_ONCE}`;
  if (entries.length === 0) return { rows: 0, finished: true };

  // What retention has ended in the meantime cannot be made again from what is left of it.
  const alive = tier === 'minute' ? entries.filter(({ ts }) => ts >= rawFrom) : [...entries];
  for (const forced of [false, true]) {
    const starts = alive.filter((entry) => entry.forced === forced).map(({ ts }) => ts);
    for (const range of rangesOf(starts, { width: step, gap: GAP_STEPS * step, most: MOST_RANGES }))
      await refresh(refresher, tier, range, forced);
  }
  await keepHugeAgain(sql, { tier, lookup: 'by_range' }, alive);
  await strikeOff(
    sql,
    entries.map(({ id }) => id),
    COARSER[tier],
    rolled,
  );
  return {
    rows: new Set(alive.map(({ seriesId, ts }) => `${seriesId} ${ts}`)).size,
    finished: entries.length < ENTRIES_AT_ONCE,
  };
}

/** A coarser row that does not exist yet needs no entry: it will be computed from the new rows. */
async function strikeOff(
  sql: Sql,
  ids: readonly number[],
  coarser: RollupTier | undefined,
  rolled: Record<RollupTier, number>,
): Promise<void> {
  const done = sql`delete from rollup_stale where id = any(${arrayText(ids)}::int8[])`;
  if (!coarser) await done;
  else
    await sql`
      with done as (${done} returning series_id, ts)
      insert into rollup_stale (tier, series_id, ts)
      select distinct ${coarser}, series_id, date_bin(${`${TIER[coarser].stepMs} milliseconds`}::text::interval, ts, 'epoch')
      from done where ts < ${moment(sql, rolled[coarser])}`;
}

/**
 * The next stretch of `[from, limit)` in whose chunks lies anything to make rows of `tier` of, and about as much as
 * one refresh should read; years without samples cost nothing. Null when nothing is left.
 */
async function nextSlice(sql: Sql, tier: RollupTier, from: number, limit: number): Promise<TimeRange | null> {
  const step = TIER[tier].stepMs;
  if (limit - from <= FEW_STEPS * step) return { start: from, end: limit };
  const chunks = await sql<Array<{ start: number; end: number; bytes: number }>>`
    select date_part('epoch', c.range_start) * 1000 as start, date_part('epoch', c.range_end) * 1000 as "end",
      d.total_bytes::float8 as bytes
    from chunks_detailed_size(${STORED_IN[tier]}::text::regclass) d
    join timescaledb_information.chunks c using (chunk_schema, chunk_name)
    where c.range_end > ${moment(sql, from)} and c.range_start < ${moment(sql, limit)}
    order by c.range_start`;
  if (chunks.length === 0) return null;
  const start = Math.max(from, alignDown(chunks[0].start, step));
  let bytes = 0;
  let end = start;
  for (const chunk of chunks) {
    const share = alignDown((chunk.end - chunk.start) * Math.min(1, SLICE_BYTES / chunk.bytes), step);
    if (end > start && bytes + chunk.bytes > SLICE_BYTES) break;
    bytes += chunk.bytes;
    end = bytes > SLICE_BYTES ? Math.max(start, chunk.start) + Math.max(step, share) : chunk.end;
  }
  return { start, end: Math.min(limit, Math.max(start + step, alignUp(end, step))) };
}

/** Only what TimescaleDB knows to have changed, or with `forced` everything in the range. */
async function refresh(
  { sql, batches }: Refresher,
  tier: RollupTier,
  range: TimeRange,
  forced = false,
): Promise<void> {
  const options = `${forced ? ', force => true' : ''}${batches ? `, options => '{"buckets_per_batch": 0}'` : ''}`;
  for (let attempt = 1; ; attempt++) {
    try {
      await waitForPolicy(sql, tier, range);
      // Text, not parameters: the procedure commits in between.
      await sql.unsafe(
        `call refresh_continuous_aggregate('${TIER[tier].relation}', '${timestamp(range.start)}', '${timestamp(range.end)}'${options})`,
      );
      return;
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE || attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * The database's own refresh job fails when it meets a refresh of the same range. It looks at the last hours, every
 * now and then; a refresh in that region lets it go first.
 */
async function waitForPolicy(sql: Sql, tier: RollupTier, { start, end }: TimeRange): Promise<void> {
  const now = Date.now();
  if (end < now - POLICY_REACH_MS[tier] || start > now) return;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const [{ near }] = await sql`
      select exists (
        select from timescaledb_information.jobs j join timescaledb_information.job_stats s using (job_id)
        where j.proc_name = 'policy_refresh_continuous_aggregate' and j.hypertable_name in (
          select materialization_hypertable_name from timescaledb_information.continuous_aggregates
          where view_schema = current_schema() and view_name = ${TIER[tier].relation}
          union all select ${TIER[tier].relation}
        ) and (s.job_status = 'Running' or s.next_start between now() and now() + interval '2 seconds')
      ) as near`;
    if (!near) return;
    await sleep(PAUSE_MS);
  }
}

/** How far back the refresh jobs look, and a little. */
export const POLICY_REACH_MS: Record<RollupTier, number> = {
  minute: 100 * MINUTE,
  hour: 13 * HOUR,
  day: 6 * DAY,
};

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

async function countRows(sql: Sql, tier: RollupTier, { start, end }: TimeRange): Promise<number> {
  const [{ rows }] = await sql`
    select count(*)::float8 as rows from ${sql(TIER[tier].relation)}
    where ts >= ${moment(sql, start)} and ts < ${moment(sql, end)}`;
  return rows;
}
