import type { ReadRows } from './queue-reader';

/** Rows in columns, by series, then time, then the order in which they were queued. */
export interface Rows {
  seriesIds: Float64Array;
  timestamps: Float64Array;
  values: Float64Array;
  /** 1 for a sample that is older than what had been committed of its series. */
  isLate: Uint8Array;
}

/** Bits for a position among the rows; with a series id, an int4, they fit in a double exactly. */
const POSITIONS = 2 ** 21;

/** The rows of records, but for those that are omitted. No objects are made of them: there may be very many. */
export function flatten(records: readonly ReadRows[]): Rows {
  const all = concatenated(records);
  const order = sortedPositions(all);
  return {
    seriesIds: order.map((at) => all.seriesIds[at]),
    timestamps: order.map((at) => all.timestamps[at]),
    values: order.map((at) => all.values[at]),
    isLate: Uint8Array.from(order, (at) => all.isLate[at]),
  };
}

function concatenated(records: readonly ReadRows[]): Rows {
  const kept = records.map(withoutOmitted);
  const count = kept.reduce((sum, { seriesIds }) => sum + seriesIds.length, 0);
  const all: Rows = {
    seriesIds: new Float64Array(count),
    timestamps: new Float64Array(count),
    values: new Float64Array(count),
    isLate: new Uint8Array(count),
  };
  let at = 0;
  for (const { seriesIds, timestamps, values, isLate } of kept) {
    all.seriesIds.set(seriesIds, at);
    all.timestamps.set(timestamps, at);
    all.values.set(values, at);
    all.isLate.set(isLate, at);
    at += seriesIds.length;
  }
  return all;
}

function withoutOmitted({ seriesIds, timestamps, values, late, omitted = [] }: ReadRows) {
  const isLate = new Uint8Array(seriesIds.length);
  for (const position of late) isLate[position] = 1;
  if (omitted.length === 0) return { seriesIds, timestamps, values, isLate };
  const positions = new Set(omitted);
  const isKept = (_: number, position: number) => !positions.has(position);
  return {
    seriesIds: seriesIds.filter(isKept),
    timestamps: timestamps.filter(isKept),
    values: values.filter(isKept),
    isLate: isLate.filter(isKept),
  };
}

/** Series id and position share one double, so that the engine's numeric sort does the work. */
function sortedPositions({ seriesIds, timestamps }: Rows): Float64Array {
  const order = new Float64Array(seriesIds.length);
  for (let i = 0; i < order.length; i++) order[i] = seriesIds[i] * POSITIONS + i;
  order.sort();
  for (let i = 0; i < order.length; i++) order[i] %= POSITIONS;
  for (let from = 0; from < order.length; ) {
    const id = seriesIds[order[from]];
    let to = from + 1;
    let isAscending = true;
    for (; to < order.length && seriesIds[order[to]] === id; to++)
      if (timestamps[order[to]] < timestamps[order[to - 1]]) isAscending = false;
    if (!isAscending) order.subarray(from, to).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
    from = to;
  }
  return order;
}
