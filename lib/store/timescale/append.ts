import type { ISql } from 'postgres';
import type { SampleRows } from '../../model/samples';
import { arrayText } from '../arrays';

/** Fewer rows than this go to the row store: a batch of its own would be larger than they are. */
const WORTH_PACKING = 20;

/** Rows in the order of (metric, series, time). */
export interface Batch {
  rows: SampleRows;
  metricIds: readonly number[];
  /** Whether compressed batches can be written straight away. */
  canPack: boolean;
}

/** On what ground rows are taken to be new. */
export interface Ground {
  term: string;
  /** Null of the term's holder. */
  intent: number | null;
  /** Earlier intents that may yet store one of the doubtful rows. */
  conflicts: readonly number[];
  /** Positions of rows that may be stored already. */
  doubtful: readonly number[];
}

/**
 * Commits samples in one transaction. Returns the positions of those that were there already; null, and nothing is
 * stored, when the term is over or the intent was withdrawn.
 *
 * Rows per second at two connections and 10,000 rows an append, the same durability throughout, on two cores shared
 * with the client (`npm run bench timescale`):
 *
 * | what | rows/s | bytes a row |
 * | --- | --- | --- |
 * | `postgres` engine: partition, unique (series_id, ts), on conflict do nothing | 204,000 | 95 |
 * | hypertable, unique (series_id, ts), on conflict do nothing | 225,000 | 95 |
 * | hypertable, unique (ts, series_id), on conflict do nothing | 265,000 | 95 |
 * | hypertable, no index, rows | 584,000 | 50 |
 * | hypertable, compressed batches, `segmentby series_id` | 172,000 | 290 |
 * | **hypertable, compressed batches, `orderby metric_id, series_id, ts`**, values as thousandths | **640,000** | 8.7 |
 * | the same, values as floats only | 711,000 | 12.2 |
 *
 * (`client_sorted` would gain another 5 %, but promises that a whole chunk is in order, which several appends are not.)
 */
export async function appendInTerm(
  sql: ISql,
  { term, intent, conflicts, doubtful }: Ground,
  { rows, metricIds, canPack }: Batch,
): Promise<number[] | null> {
  const [{ duplicates }] = await sql<[{ duplicates: string | null }]>`
    select array_to_string(append_in_term(
      ${term}::uuid, ${intent}::int8, ${arrayText(conflicts)}::int8[],
      ${arrayText(metricIds)}::int4[], ${arrayText(rows.seriesIds)}::int4[],
      ${arrayText(rows.timestamps)}::float8[], ${arrayText(rows.values)}::float8[],
      ${arrayText(doubtful.map((position) => position + 1))}::int4[], ${isWorthPacking(metricIds, canPack)}::bool
    ), ',') as duplicates`;
  return duplicates === null ? null : positionsIn(duplicates);
}

/** The same outside of any term, which ends the current one. Every row is looked up, while nobody else appends. */
export async function appendOutside(
  sql: ISql,
  writer: string,
  { rows, metricIds, canPack }: Batch,
): Promise<number[]> {
  const [{ duplicates }] = await sql<[{ duplicates: string | null }]>`
    select array_to_string(append_samples(
      ${writer}::uuid, ${arrayText(metricIds)}::int4[], ${arrayText(rows.seriesIds)}::int4[],
      ${arrayText(rows.timestamps)}::float8[], ${arrayText(rows.values)}::float8[],
      ${arrayText(metricIds.map((_, i) => i + 1))}::int4[], ${isWorthPacking(metricIds, canPack)}::bool
    ), ',') as duplicates`;
  if (duplicates === null) throw new Error('append_samples stored nothing although every row was doubted');
  return positionsIn(duplicates);
}

function isWorthPacking(metricIds: readonly number[], canPack: boolean): boolean {
  return canPack && metricIds.length >= WORTH_PACKING;
}

function positionsIn(text: string): number[] {
  return text === '' ? [] : text.split(',').map((position) => Number(position) - 1);
}
