import type { Series } from './series';
import { DAY } from './time/duration';

/**
 * A counter unseen for longer than this starts anew: `rate` and `increase` leave out what it counted meanwhile. Jobs
 * that report weekly are seen, and a fixed bound makes a point's value independent of the range asked for. The database
 * keeps pauses as int4 milliseconds, which hold 24 days.
 */
export const COUNTER_GAP_MS = 14 * DAY;

/** Samples in columns: position `i` of each array is one *sample*, a finite float64 at a millisecond in one series. */
export interface SampleColumns {
  series: Series[];
  timestamps: number[];
  values: number[];
}

/** The same as the database knows them: series by their ids. */
export interface SampleRows {
  seriesIds: number[];
  timestamps: number[];
  values: number[];
}

export function emptyColumns(): SampleColumns {
  return { series: [], timestamps: [], values: [] };
}

/** The rows that `isKept`, with the series of their ids. */
export function selectRows(
  { seriesIds, timestamps, values }: SampleRows,
  seriesById: ReadonlyMap<number, Series>,
  isKept: (seriesId: number, timestamp: number) => boolean,
): SampleColumns {
  const selected = emptyColumns();
  for (let i = 0; i < seriesIds.length; i++) {
    if (!isKept(seriesIds[i], timestamps[i])) continue;
    selected.series.push(seriesById.get(seriesIds[i])!);
    selected.timestamps.push(timestamps[i]);
    selected.values.push(values[i]);
  }
  return selected;
}
