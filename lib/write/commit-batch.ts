import { emptyColumns, type SampleColumns, type SampleRows } from '../model/samples';
import type { Series } from '../model/series';

/** The rows of several requests as one batch: sorted by (series id, timestamp), unique by both. */
export interface CommitBatch {
  rows: SampleRows;
  /** The series of each row, and the request it came with. */
  series: Series[];
  requestOf: number[];
  /** Per request: rows left out because an earlier row of this batch has the same series and timestamp. */
  duplicates: number[];
}

/** The rows that one commit stored, and those that the database had already. */
export interface CommitResult {
  stored: SampleColumns;
  alreadyThere: SampleColumns;
}

/** Bits for a position in a batch; with a series id, an int4, they fit in a double exactly. */
const POSITION_BITS = 21;
const POSITIONS = 2 ** POSITION_BITS;

/**
 * Sorted, so that the index is walked once and two concurrent commits lock in the same order; unique, because one
 * statement cannot conflict with itself and say which row came first.
 */
export function buildBatch(requests: readonly SampleColumns[]): CommitBatch {
  const flat = flatten(requests);
  const order = sortedPositions(flat);
  const batch: CommitBatch = {
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

interface Rows extends SampleColumns {
  requestOf: number[];
}

function flatten(requests: readonly SampleColumns[]): Rows {
  const flat: Rows = { series: [], timestamps: [], values: [], requestOf: [] };
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
function sortedPositions({ series, timestamps }: Rows): Float64Array {
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

/**
 * Separates the rows at `positions`, which the database had already, and counts them for the requests that sent them.
 */
export function resultOf(
  { rows, series, requestOf, duplicates }: CommitBatch,
  positions: number[],
): CommitResult {
  const { timestamps, values } = rows;
  if (positions.length === 0) {
    return {
      stored: { series, timestamps, values },
      alreadyThere: emptyColumns(),
    };
  }
  const isDuplicate = new Uint8Array(series.length);
  for (const position of positions) isDuplicate[position] = 1;
  const result: CommitResult = {
    stored: emptyColumns(),
    alreadyThere: emptyColumns(),
  };
  for (let i = 0; i < series.length; i++) {
    const into = isDuplicate[i] ? result.alreadyThere : result.stored;
    if (isDuplicate[i]) duplicates[requestOf[i]]++;
    into.series.push(series[i]);
    into.timestamps.push(timestamps[i]);
    into.values.push(values[i]);
  }
  return result;
}
