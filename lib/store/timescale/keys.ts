import type { SampleRows } from '../../model/samples';

/** What identifies samples, ascending by series, then time (whole epoch ms). */
export interface SampleKeys {
  seriesIds: readonly number[];
  timestamps: readonly number[];
}

/** The keys of rows; as they are where they are in order, as the commit queue hands them over. */
export function keysOf({ seriesIds, timestamps }: SampleRows): SampleKeys {
  const follows = (a: number, b: number) => seriesIds[a] - seriesIds[b] || timestamps[a] - timestamps[b];
  for (let i = 1; i < seriesIds.length; i++) {
    if (follows(i - 1, i) <= 0) continue;
    const order = seriesIds.map((_, position) => position).sort(follows);
    return { seriesIds: order.map((at) => seriesIds[at]), timestamps: order.map((at) => timestamps[at]) };
  }
  return { seriesIds, timestamps };
}

export function hasKey({ seriesIds, timestamps }: SampleKeys, seriesId: number, timestamp: number): boolean {
  let low = 0;
  let high = seriesIds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isBefore =
      seriesIds[middle] < seriesId || (seriesIds[middle] === seriesId && timestamps[middle] < timestamp);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return seriesIds[low] === seriesId && timestamps[low] === timestamp;
}

/**
 * Keys as text of about half a byte each: hosts send several series, most often numbered in turn, of one moment. Such
 * a run is three varints: the distance of its first id from the last one before, its length with the sign of the time's
 * distance in the lowest bit, and that distance.
 *
 * @throws RangeError for times that are no whole numbers.
 */
export function encodeKeys({ seriesIds, timestamps }: SampleKeys): string {
  const bytes: number[] = [];
  let lastId = 0;
  let lastTime = 0;
  for (let from = 0; from < seriesIds.length; ) {
    const time = timestamps[from];
    let to = from + 1;
    while (to < seriesIds.length && seriesIds[to] === seriesIds[to - 1] + 1 && timestamps[to] === time) to++;
    const distance = time - lastTime;
    if (!Number.isSafeInteger(distance)) throw new RangeError(`${time} is no time in whole milliseconds`);
    writeVarint(bytes, seriesIds[from] - lastId);
    writeVarint(bytes, (to - from) * 2 + (distance < 0 ? 1 : 0));
    writeVarint(bytes, Math.abs(distance));
    lastId = seriesIds[to - 1];
    lastTime = time;
    from = to;
  }
  return Buffer.from(bytes).toString('base64');
}

export function decodeKeys(text: string): SampleKeys {
  const bytes = Buffer.from(text, 'base64');
  const seriesIds: number[] = [];
  const timestamps: number[] = [];
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * weight;
      if (byte < 128) return value;
    }
  };
  let id = 0;
  let time = 0;
  while (at < bytes.length) {
    id += readVarint();
    const length = readVarint();
    time += readVarint() * (length % 2 === 1 ? -1 : 1);
    for (let n = length >> 1; n > 0; n--) {
      seriesIds.push(id++);
      timestamps.push(time);
    }
    id--;
  }
  return { seriesIds, timestamps };
}

function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
