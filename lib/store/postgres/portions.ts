import { setTimeout as sleep } from 'node:timers/promises';
import type { ISql } from 'postgres';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { SECOND } from '../../model/time/duration';
import { arrayText } from '../arrays';
import { moment } from '../sql/parts';

/** The series with ids of `(after, upTo]`. */
export interface SeriesRange {
  after: number;
  upTo: number;
}

/** A range of a tier: `[from, to)`, epoch ms. */
interface Stretch {
  tier: StoreTier;
  from: number;
  to: number;
}

/** How a large piece of upkeep is cut and spread. */
export interface Pace {
  /** How many rows of the source one statement works through. */
  portionRows: number;
  /** Up to this many portions are not worth cutting: one statement reads the source in the order it lies in. */
  fewPortions: number;
  /** Over how long the portions are spread, where nothing waits behind them, ms. */
  spreadMs: number;
  /** Whether to end early: another round goes on. */
  stopped(): boolean;
}

/** About a twentieth of a second of a core at a time. */
export const UNHURRIED: Omit<Pace, 'stopped'> = {
  portionRows: 40_000,
  fewPortions: 4,
  spreadMs: 40 * SECOND,
};

/** Thrown out of a transaction of upkeep that is asked to stop. */
export class Stopped extends Error {}

/**
 * Does `work` on all series at once (null), or when it is a lot, on some after the other, at even intervals over
 * `spreadMs`. A minute of 80,000 samples a second takes seven seconds of a core: in one piece they are missing to those
 * who commit meanwhile, and on two cores every post waits for half a second.
 *
 * @returns the sum of what `work` returns. @throws Stopped
 */
export async function inPortions(
  sql: ISql,
  stretch: Stretch,
  { portionRows, fewPortions, spreadMs, stopped }: Pace,
  work: (series: SeriesRange | null) => Promise<number>,
): Promise<number> {
  const [{ count, last }] = await sql<[{ count: number; last: number }]>`
    select count(*)::float8 as count, coalesce(max(id), 0) as last from series`;
  const portions = Math.ceil((await estimateRows(sql, stretch, { count, last })) / portionRows);
  if (portions <= fewPortions) return work(null);
  const width = Math.ceil(last / portions);
  // Series are looked up by their key: there are no statistics yet for a partition that is minutes old.
  await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;
  const startedAt = performance.now();
  let done = 0;
  for (let after = 0; after < last; after += width) {
    if (stopped()) throw new Stopped();
    await sleep(Math.max(0, startedAt + (after / last) * spreadMs - performance.now()));
    done += await work({ after, upTo: after + width });
  }
  return done;
}

const PROBES = 256;

/**
 * About how many rows a stretch has, by those of some series: as many as there are cannot be counted as quickly. Ids
 * have gaps, of any size, so a probe asks for the series that comes next.
 */
async function estimateRows(
  sql: ISql,
  { tier, from, to }: Stretch,
  { count, last }: { count: number; last: number },
): Promise<number> {
  if (count === 0) return 0;
  const probes = Math.min(PROBES, count);
  const ids = Array.from({ length: probes }, (_, i) => 1 + Math.floor((i * last) / probes));
  const [{ found }] = await sql<[{ found: number }]>`
    select count(r.here)::float8 as found
    from unnest(${arrayText(ids)}::int4[]) as p(id)
    cross join lateral (select id from series where id >= p.id order by id limit 1) c
    cross join lateral (
      select true as here from ${sql(TIER[tier].relation)}
      where series_id = c.id and ts >= ${moment(sql, from)} and ts < ${moment(sql, to)}
      offset 0
    ) r`;
  return (found / probes) * count;
}
