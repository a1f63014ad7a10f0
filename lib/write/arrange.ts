import type { SampleColumns, SampleRows } from '../model/samples';
import type { Series } from '../model/series';

/** The rows of several requests as one batch: sorted by (series id, timestamp), unique by both. */
export interface Arranged {
  rows: SampleRows;
  /** The series of each row, and the request it came with. */
  series: Series[];
  requestOf: number[];
  /** Per request: rows left out because an earlier row of this batch has the same series and timestamp. */
  duplicates: number[];
}

/** What one commit brought: the rows this node stored, and those the database had already. */
export interface CommitResult {
  stored: SampleColumns;
  alreadyThere: SampleColumns;
}

/** Positions of one batch fit in these bits; a series id is an int4, so both fit in a double exactly. */
const POSITION_BITS = 21;
const POSITIONS = 2 ** POSITION_BITS;

/**
 * Sorted, because the index is then walked once and two commits under way lock in the same order; unique,
 * because one statement cannot conflict with itself and say which row came first.
 */
export function arrange(requests: readonly SampleColumns[]): Arranged {
  const flat = flatten(requests);
  const order = sortedPositions(flat);
  const batch: Arranged = {
    rows: { seriesIds: [], timestamps: [], values: [] },
    series: [],
    requestOf: [],
    duplicates: requests.map(() => 0),
  };
  let lastId = -1;
  let lastTimestamp = Number.NaN;
  for (const position of order) {
    const series = flat.series[position];
    const timestamp = flat.timestamps[position];
    if (series.id === lastId && timestamp === lastTimestamp) {
      batch.duplicates[flat.requestOf[position]]++;
      continue;
    }
    lastId = series.id;
    lastTimestamp = timestamp;
    batch.rows.seriesIds.push(series.id);
    batch.rows.timestamps.push(timestamp);
    batch.rows.values.push(flat.values[position]);
    batch.series.push(series);
    batch.requestOf.push(flat.requestOf[position]);
  }
  return batch;
}

interface Flat extends SampleColumns {
  requestOf: number[];
}

function flatten(requests: readonly SampleColumns[]): Flat {
  const flat: Flat = { series: [], timestamps: [], values: [], requestOf: [] };
  requests.forEach(({ series, timestamps, values }, request) => {
    for (let i = 0; i < series.length; i++) {
      flat.series.push(series[i]);
      flat.timestamps.push(timestamps[i]);
      flat.values.push(values[i]);
      flat.requestOf.push(request);
    }
  });
  return flat;
}

/**
 * By series, then timestamp, then arrival. Series id and position share one double, so that the engine's numeric
 * sort does the work (a comparator costs eight times as much); the few rows of one series are sorted after it.
 */
function sortedPositions({ series, timestamps }: Flat): Float64Array {
  if (series.length > POSITIONS) throw new RangeError(`a batch holds at most ${POSITIONS} rows`);
  const order = new Float64Array(series.length);
  for (let i = 0; i < order.length; i++) order[i] = series[i].id * POSITIONS + i;
  order.sort();
  for (let i = 0; i < order.length; i++) order[i] %= POSITIONS;
  for (let from = 0; from < order.length; ) {
    const { id } = series[order[from]];
    let to = from + 1;
    let ascending = true;
    for (; to < order.length && series[order[to]].id === id; to++) {
      if (timestamps[order[to]] < timestamps[order[to - 1]]) ascending = false;
    }
    if (!ascending) order.subarray(from, to).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
    from = to;
  }
  return order;
}

/** Counts the database's duplicates to the requests that brought them, and parts them from what was stored. */
export function split({ rows, series, requestOf, duplicates }: Arranged, positions: number[]): CommitResult {
  const { timestamps, values } = rows;
  if (positions.length === 0) {
    return {
      stored: { series, timestamps, values },
      alreadyThere: { series: [], timestamps: [], values: [] },
    };
  }
  const isDuplicate = new Uint8Array(series.length);
  for (const position of positions) isDuplicate[position] = 1;
  const result: CommitResult = {
    stored: { series: [], timestamps: [], values: [] },
    alreadyThere: { series: [], timestamps: [], values: [] },
  };
  for (let i = 0; i < series.length; i++) {
    const side = isDuplicate[i] ? result.alreadyThere : result.stored;
    if (isDuplicate[i]) duplicates[requestOf[i]]++;
    side.series.push(series[i]);
    side.timestamps.push(timestamps[i]);
    side.values.push(values[i]);
  }
  return result;
}
