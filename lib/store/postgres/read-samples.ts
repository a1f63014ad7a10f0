import type { ISql } from 'postgres';
import { arrayText } from '../arrays';
import type { SampleRows } from '../store';

const PAGE = 20_000;
/** The last moment PostgreSQL and JavaScript can both tell, epoch ms. */
const END_OF_TIME = 8_640_000_000_000_000;

type Row = [seriesId: number, timestamp: number, value: number];

/**
 * Streams stored samples. The pages come as the table lies, which costs no sort of millions of rows; each page
 * is put in order here.
 */
export async function* readSamples(
  sql: ISql,
  { start, end, seriesIds }: { start: number; end: number; seriesIds?: readonly number[] },
): AsyncGenerator<SampleRows> {
  const upTo = Math.min(end, END_OF_TIME);
  const ofSeries = seriesIds ? sql`and series_id = any(${arrayText(seriesIds)}::int4[])` : sql``;
  const cursor = sql`
    select series_id, round(date_part('epoch', ts) * 1000), value
    from samples
    where ts >= to_timestamp(${start}::float8 / 1000) and ts < to_timestamp(${upTo}::float8 / 1000) ${ofSeries}`
    .values()
    .cursor(PAGE);
  for await (const page of cursor) yield inOrder(page as unknown as Row[]);
}

function inOrder(rows: Row[]): SampleRows {
  rows.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  return {
    seriesIds: rows.map(([seriesId]) => seriesId),
    timestamps: rows.map(([, timestamp]) => timestamp),
    values: rows.map(([, , value]) => value),
  };
}
