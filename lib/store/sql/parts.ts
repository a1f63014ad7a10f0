import type { Fragment, ISql } from 'postgres';
import { type StoreTier, TIER } from '../../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../../model/samples';

const YEAR_10000 = Date.UTC(10_000, 0);

/**
 * Where a question finds what counters did between a part and the one before it in the series:
 * - `stored`: in the rows themselves (`entry_increase`, `entry_ms`), as the `postgres` engine keeps them;
 * - `stitched`: nowhere, so the parts are put in order and compared, which needs only what every engine has;
 * - `none`: it does not ask.
 */
export type Counters = 'stored' | 'stitched' | 'none';

/**
 * A *part* is what points and rollups are added up from: the summary of neighbouring samples of one series. A
 * sample is a part, and so is a row of a rollup; both have the columns
 * `series_id, ts, n, sum, min, max, first, first_at, last, last_at, increase, elapsed`
 * (`first_at`, `last_at`: epoch ms; `elapsed`: ms). Parts of a series never overlap. With `stored` counters,
 * `increase` and `elapsed` include the way from the sample before the part.
 *
 * Where a metric has huge values, `sum` and `increase` are of the tame ones alone, and `huge_sum` and `huge_increase`
 * of the others (drizzle/catalogue/functions/arithmetic.sql). Counters are stitched then.
 */
export function partColumns(sql: ISql, tier: StoreTier, counters: Counters, careful = false): Fragment {
  const stored = counters === 'stored';
  if (careful) return hugePartColumns(sql, tier);
  if (tier === 'raw')
    return sql`
      p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max,
      p.value as first, ${epochMs(sql, 'p.ts')} as first_at, p.value as last, ${epochMs(sql, 'p.ts')} as last_at,
      ${
        stored
          ? sql`case when ${pause(sql)} <= ${gap(sql)} then counted(p.value, p.prev) else 0 end as increase,
                case when ${pause(sql)} <= ${gap(sql)} then ${pause(sql)} else 0 end as elapsed`
          : sql`0::float8 as increase, 0::float8 as elapsed`
      }`;
  return sql`
      p.series_id, p.ts, p.count as n, p.sum, p.min, p.max,
      p.first, ${epochMs(sql, 'p.ts')} + p.first_ms as first_at,
      p.last, ${epochMs(sql, 'p.ts')} + p.last_ms as last_at,
      ${
        stored
          ? sql`p.increase + p.entry_increase as increase, (p.elapsed_ms + p.entry_ms)::float8 as elapsed`
          : sql`p.increase, p.elapsed_ms::float8 as elapsed`
      }`;
}

function hugePartColumns(sql: ISql, tier: StoreTier): Fragment {
  if (tier === 'raw')
    return sql`
      p.series_id, p.ts, 1 as n, tame(p.value) as sum, huge(p.value) as huge_sum, p.value as min, p.value as max,
      p.value as first, ${epochMs(sql, 'p.ts')} as first_at, p.value as last, ${epochMs(sql, 'p.ts')} as last_at,
      0::float8 as increase, 0::float8 as huge_increase, 0::float8 as elapsed`;
  return sql`
      p.series_id, p.ts, p.count as n,
      case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum,
      p.min, p.max,
      p.first, ${epochMs(sql, 'p.ts')} + p.first_ms as first_at,
      p.last, ${epochMs(sql, 'p.ts')} + p.last_ms as last_at,
      case when p.kept_increase is null then tame(p.increase) else 0 end as increase,
      coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed`;
}

/** The relation a tier's parts lie in, under the name `partColumns` expects. */
export function partsOf(sql: ISql, tier: StoreTier, careful = false): Fragment {
  const relation = sql(TIER[tier].relation);
  if (!careful || tier === 'raw') return sql`${relation} p`;
  return sql`(
    select r.*, kept.sum as kept_sum, kept.increase as kept_increase
    from ${relation} r left join rollup_huge kept
      on kept.tier = ${tier}::text and kept.series_id = r.series_id and kept.ts = r.ts
  ) p`;
}

/** A longer pause than this ends what a counter has counted, ms. */
export function gap(sql: ISql): Fragment {
  return sql.unsafe(String(COUNTER_GAP_MS));
}

function pause(sql: ISql): Fragment {
  return sql.unsafe(`(${epochMsText('p.ts')} - ${epochMsText('p.prev_ts')})`);
}

/** Rounded: seconds as a float64 are not exact to the millisecond, and rates divide by small differences of them. */
export function epochMs(sql: ISql, column: 'ts' | 'p.ts' | 'b.ts' | 'bin'): Fragment {
  return sql.unsafe(epochMsText(column));
}

function epochMsText(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`;
}

/**
 * A timestamp put down to the start of its step, one of which begins at `start`, epoch ms. The step is written out, not
 * a parameter: the same expression twice in a statement must look the same to the planner.
 */
export function binned(sql: ISql, column: 'ts' | 'p.ts' | 'part.ts', stepMs: number, start = 0): Fragment {
  const origin = new Date(start % stepMs).toISOString();
  return sql.unsafe(`date_bin('${stepMs} milliseconds', ${column}, '${origin}')`);
}

/** The number, from 1, of the last of the given times, epoch ms and ascending, that is not after a timestamp. */
export function numbered(sql: ISql, column: 'ts', starts: readonly number[]): Fragment {
  const moments = starts.map((start) => `"${new Date(start).toISOString()}"`);
  return sql.unsafe(`width_bucket(${column}, '{${moments.join()}}'::timestamptz[])`);
}

export function interval(sql: ISql, ms: number): Fragment {
  return sql.unsafe(`interval '${ms} milliseconds'`);
}

/**
 * Epoch ms as the database's timestamp: as a constant where ISO 8601 has a year for it. To plan with, the database would
 * have to evaluate an expression for each of the dozen in a question.
 */
export function moment(sql: ISql, ms: number): Fragment {
  if (ms >= 0 && ms < YEAR_10000) return sql`${new Date(ms).toISOString()}::timestamptz`;
  return sql`to_timestamp(${ms}::float8 / 1000)`;
}
