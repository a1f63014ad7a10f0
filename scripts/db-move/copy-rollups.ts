import type { ISql } from 'postgres';
import { TIER } from '../../lib/model/rollup/tiers';
import { arrayText } from '../../lib/store/arrays';
import { ensurePartitions } from '../../lib/store/postgres/partitions';
import type { RollupTier } from '../../lib/store/sql/rollup-tiers';
import type { Store } from '../../lib/store/store';
import type { End } from './ends';

const PAGE = 10_000;
const TIERS: readonly RollupTier[] = ['minute', 'hour', 'day'];

interface Row {
  series_id: number;
  /** Start of the row, epoch ms. */
  t: number;
  sum: number;
  min: number;
  max: number;
  count: number;
  first_ms: number;
  last_ms: number;
  elapsed_ms: number;
  first: number;
  last: number;
  increase: number;
}

export type SeriesIds = ReadonlyMap<number, { id: number; metricId: number }>;

/**
 * Copies the rows of all rollups before a moment at the start of a day, and notes in the target that it has them: what
 * is older cannot be made of samples any more. All in one transaction, so that upkeep meets all of it or nothing.
 * @returns how many rows.
 */
export async function copyRollups(source: End, target: End, ids: SeriesIds, before: number): Promise<number> {
  let copied = 0;
  await target.sql.begin(async (tx) => {
    for (const tier of TIERS) {
      const relation = await writableRelation(tx, target.store, tier);
      await tx`delete from ${tx(relation)} where ts < to_timestamp(${before}::float8 / 1000)`;
      const pages = source.sql<Row[]>`
        select series_id, date_part('epoch', ts) * 1000 as t,
          sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase
        from ${source.sql(TIER[tier].relation)} where ts < to_timestamp(${before}::float8 / 1000)
        order by ts, series_id`.cursor(PAGE);
      for await (const page of pages) {
        if (target.store.database.engine === 'postgres')
          await ensurePartitions(
            tx,
            tier,
            page.map(({ t }) => t),
          );
        await insert(tx, relation, page, ids);
        copied += page.length;
      }
    }
    // What counters did between these rows: the `postgres` engine keeps it with them.
    if (target.store.database.engine === 'postgres')
      for (const tier of TIERS) await tx`select fill_entries(${TIER[tier].relation}::text::regclass)`;
    await copyHuge(source.sql, tx, ids, before);
    const mark = tx`to_timestamp(${before}::float8 / 1000)`;
    await tx`
      update rollup_state set raw_from = greatest(raw_from, ${mark}), sealed = greatest(sealed, ${mark}),
        minute_rolled = greatest(minute_rolled, ${mark}), hour_rolled = greatest(hour_rolled, ${mark}), day_rolled = greatest(day_rolled, ${mark})`;
  });
  return copied;
}

interface HugeRow {
  tier: RollupTier;
  series_id: number;
  t: number;
  sum: number;
  increase: number;
}

/**
 * What rows cannot hold is kept beside them; which metrics that is of, the target learns before it has their samples.
 */
async function copyHuge(source: ISql, tx: ISql, ids: SeriesIds, before: number): Promise<void> {
  await tx`delete from rollup_huge where ts < to_timestamp(${before}::float8 / 1000)`;
  const pages = source<HugeRow[]>`
    select tier, series_id, date_part('epoch', ts) * 1000 as t, sum, increase
    from rollup_huge where ts < to_timestamp(${before}::float8 / 1000)
    order by series_id, tier, ts`.cursor(PAGE);
  for await (const page of pages) {
    const made = page.map(({ series_id: id }) => ids.get(id) ?? missing(id));
    await tx`
      insert into huge_metrics (metric_id)
      select distinct metric_id from unnest(${arrayText(made.map(({ metricId }) => metricId))}::int4[]) as of(metric_id)
      on conflict do nothing`;
    await tx`
      insert into rollup_huge (tier, series_id, ts, sum, increase)
      select tier, id, to_timestamp(t / 1000), sum, increase
      from unnest(
        ${`{${page.map(({ tier }) => tier)}}`}::text[], ${arrayText(made.map(({ id }) => id))}::int4[],
        ${arrayText(page.map(({ t }) => t))}::float8[], ${arrayText(page.map(({ sum }) => sum))}::float8[],
        ${arrayText(page.map(({ increase }) => increase))}::float8[]
      ) as given(tier, id, t, sum, increase)`;
  }
}

function missing(id: number): never {
  throw new Error(`series ${id} came to be while the catalogue was copied: run it again`);
}

/** A continuous aggregate is a view; its rows lie in a table that TimescaleDB names. */
async function writableRelation(tx: ISql, { database }: Store, tier: RollupTier): Promise<string> {
  if (database.engine === 'postgres') return TIER[tier].relation;
  const [{ name }] = await tx<[{ name: string }]>`
    select materialization_hypertable_schema || '.' || materialization_hypertable_name as name
    from timescaledb_information.continuous_aggregates
    where view_schema = current_schema() and view_name = ${TIER[tier].relation}`;
  return name;
}

async function insert(tx: ISql, relation: string, rows: readonly Row[], ids: SeriesIds): Promise<void> {
  const made = rows.map(({ series_id: id }) => ids.get(id) ?? missing(id));
  const column = (name: keyof Row) => tx`${arrayText(rows.map((row) => row[name]))}::float8[]`;
  await tx`
    insert into ${tx(relation)}
      (series_id, metric_id, ts, sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase)
    select id, metric_id, to_timestamp(t / 1000), sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase
    from unnest(
      ${arrayText(made.map(({ id }) => id))}::int4[], ${arrayText(made.map(({ metricId }) => metricId))}::int4[],
      ${column('t')}, ${column('sum')}, ${column('min')}, ${column('max')}, ${column('count')},
      ${column('first_ms')}, ${column('last_ms')}, ${column('elapsed_ms')}, ${column('first')}, ${column('last')},
      ${column('increase')}
    ) as given(id, metric_id, t, sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase)`;
}
