import type { ISql } from 'postgres';
import type { TimeRange } from '../../model/points';
import type { SampleRows } from '../../model/samples';
import { SECOND } from '../../model/time/duration';
import { arrayText } from '../arrays';
import type { Run } from '../lane';
import type { SampleRange } from '../store';
import { moment } from './parts';

export interface ReadSamplesOptions {
  /** Where in time samples lie, oldest first. */
  stretches: readonly TimeRange[];
  /** How many samples a page should have; what it has depends on how evenly they lie in time. */
  pageRows: number;
}

const FIRST_SLICE_MS = SECOND;
const GROWTH = 8;

type Row = [seriesId: number, timestamp: number, value: number];

/**
 * Reads stored samples, oldest first, one slice of time after the other: each as long as the one before it
 * suggests for a page. Nothing is held in between, neither memory nor a snapshot, however long the reader takes.
 */
export async function* readSamples(
  run: Run<ISql>,
  range: SampleRange,
  { stretches, pageRows }: ReadSamplesOptions,
): AsyncGenerator<SampleRows> {
  let slice = FIRST_SLICE_MS;
  for (const stretch of stretches) {
    const end = Math.min(range.end, stretch.end);
    let from = Math.max(range.start, stretch.start);
    while (from < end) {
      const to = Math.min(end, from + slice);
      const page = await run((sql) => readSlice(sql, { ...range, start: from, end: to }));
      if (page.seriesIds.length > 0) yield page;
      slice = Math.max(
        1,
        Math.floor(slice * Math.min(GROWTH, pageRows / Math.max(1, page.seriesIds.length))),
      );
      from = to;
    }
  }
}

async function readSlice(sql: ISql, { start, end, seriesIds }: SampleRange): Promise<SampleRows> {
  const ofSeries = seriesIds ? sql`and series_id = any(${arrayText(seriesIds)}::int4[])` : sql``;
  const rows = (await sql`
    select series_id, round(date_part('epoch', ts) * 1000), value
    from samples
    where ts >= ${moment(sql, start)} and ts < ${moment(sql, end)} ${ofSeries}
    order by ts, series_id`.values()) as unknown as Row[];
  return {
    seriesIds: rows.map(([seriesId]) => seriesId),
    timestamps: rows.map(([, timestamp]) => timestamp),
    values: rows.map(([, , value]) => value),
  };
}
