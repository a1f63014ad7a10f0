import type { Series } from './series';

/** Samples in columns: position `i` of each array is one sample; timestamps are epoch ms. */
export interface SampleColumns {
  series: Series[];
  timestamps: number[];
  values: number[];
}

/** The same, as a database knows their series. */
export interface SampleRows {
  seriesIds: number[];
  timestamps: number[];
  values: number[];
}
