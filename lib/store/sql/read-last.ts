import type { ISql } from 'postgres';
import type { SampleRows } from '../../model/samples';
import { arrayText } from '../arrays';
import type { LastQuestion } from '../store';
import { isPassed, lastBefore, type ReadCoverage, reachOf, readCoverage } from './coverage';
import type { Counters } from './parts';
import type { Selection } from './selection';
import { staleRows } from './stale';

type Row = [seriesId: number, timestamp: number, value: number];

/** The last sample of each series before a moment, if any that a counter would go on from. */
export async function readLast(
  sql: ISql,
  { metricId, seriesIds, before }: LastQuestion,
  keeping: Exclude<Counters, 'none'>,
): Promise<SampleRows> {
  const selection: Selection = {
    tier: 'day',
    metricId,
    seriesIds,
    wholeMetric: false,
    start: before,
    end: before,
    reach: reachOf(before, 'stitched'),
    counters: 'stitched',
  };
  // Where samples lie in the order of metrics, that is how they are found.
  const whose = { series: sql`asked.series_id`, ...(keeping === 'stitched' && { metricId }) };
  let rows: Row[];
  let coverage: ReadCoverage;
  do {
    coverage = await readCoverage(sql, selection);
    rows = (await sql`
      with ${staleRows(sql, selection, coverage)}
        asked as (select unnest(${arrayText(seriesIds)}::int4[]) as series_id)
      select series_id, last[2], last[1]
      from (select series_id, ${lastBefore(sql, whose, before, coverage)} as last from asked offset 0) found
      where last is not null`.values()) as unknown as Row[];
  } while (await isPassed(sql, coverage));
  return {
    seriesIds: rows.map(([seriesId]) => seriesId),
    timestamps: rows.map(([, timestamp]) => timestamp),
    values: rows.map(([, , value]) => value),
  };
}
