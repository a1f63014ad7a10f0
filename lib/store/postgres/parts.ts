import type { Fragment, ISql } from 'postgres';
import { COUNTER_GAP_MS } from '../../model';
import { type StoreTier, TIER } from '../../rollup/steps';

/**
 * A *part* is what points and rollups are added up from: the summary of neighbouring samples of one series. A
 * sample is a part, and so is a row of a rollup; both have the columns
 * `series_id, ts, n, sum, min, max, first, first_at, last, last_at, increase, elapsed`
 * (`first_at`, `last_at`: epoch ms; `elapsed`: ms). Parts of a series never overlap.
 */
export function partColumns(sql: ISql, tier: StoreTier): Fragment {
  if (tier === 'raw')
    return sql`
      p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max,
      p.value as first, date_part('epoch', p.ts) * 1000 as first_at,
      p.value as last, date_part('epoch', p.ts) * 1000 as last_at,
      0::float8 as increase, 0 as elapsed`;
  return sql`
      p.series_id, p.ts, p.count as n, p.sum, p.min, p.max,
      p.first, date_part('epoch', p.ts) * 1000 + p.first_ms as first_at,
      p.last, date_part('epoch', p.ts) * 1000 + p.last_ms as last_at,
      p.increase, p.elapsed_ms as elapsed`;
}

/** The relation a tier's parts lie in, under the name `partColumns` expects. */
export function partsOf(sql: ISql, tier: StoreTier): Fragment {
  return sql`${sql(TIER[tier].relation)} p`;
}

/**
 * What counters did between the part before (`prev`, `prev_at`: its `last`, `last_at`) and this one; null where
 * there is none, or too long a pause between them.
 */
export function increaseSincePrevious(sql: ISql): Fragment {
  return sql`case when first_at - prev_at <= ${COUNTER_GAP_MS}::float8 then counted(first, prev) end`;
}

export function elapsedSincePrevious(sql: ISql): Fragment {
  return sql`case when first_at - prev_at <= ${COUNTER_GAP_MS}::float8 then first_at - prev_at end`;
}

/**
 * A timestamp put down to the start of its step. The step is written out, not a parameter: the same expression
 * twice in a statement must look the same to the planner.
 */
export function binned(sql: ISql, column: 'ts' | 'p.ts', stepMs: number): Fragment {
  return sql.unsafe(`date_bin('${stepMs} milliseconds', ${column}, 'epoch')`);
}

/** Epoch ms as the database's timestamp. */
export function moment(sql: ISql, ms: number): Fragment {
  return sql`to_timestamp(${ms}::float8 / 1000)`;
}
