import type { SampleRows } from '../../model/samples';

/**
 * The rows of one commit as a record of the queue:
 *
 *     0  version     u8, then a zero
 *     2  queued at   u48, epoch ms
 *     8  count       u32
 *    12  check       u32, of the series with the highest id: see `checkOf`
 *    16  timestamps  f64 each, then values, f64 each, then ids of series, u32 each, then late positions, u32 each
 *
 * In this machine's byte order: nobody else reads it.
 */
const VERSION = 1;
const HEAD_BYTES = 16;
const ROW_BYTES = 8 + 8 + 4;
const POSITION_BYTES = 4;

export interface QueuedRows {
  readonly queuedAt: number;
  readonly check: number;
  readonly seriesIds: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Positions of samples older than what was there of their series. */
  readonly late: Uint32Array;
}

export function encodeRows(
  { seriesIds, timestamps, values }: SampleRows,
  { queuedAt, check, late }: Pick<QueuedRows, 'queuedAt' | 'check'> & { late: readonly number[] },
): Buffer {
  const count = seriesIds.length;
  const bytes = Buffer.alloc(HEAD_BYTES + count * ROW_BYTES + late.length * POSITION_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUIntLE(queuedAt, 2, 6);
  bytes.writeUInt32LE(count, 8);
  bytes.writeUInt32LE(check, 12);
  const columns = columnsIn(bytes.buffer, bytes.byteOffset + HEAD_BYTES, count, late.length);
  columns.timestamps.set(timestamps);
  columns.values.set(values);
  columns.seriesIds.set(seriesIds);
  columns.late.set(late);
  return bytes;
}

/** Null when it is no such record: another version of this program wrote it. */
export function decodeRows(payload: Buffer): QueuedRows | null {
  if (payload.length < HEAD_BYTES || payload.readUInt8(0) !== VERSION) return null;
  const count = payload.readUInt32LE(8);
  const lateCount = (payload.length - HEAD_BYTES - count * ROW_BYTES) / POSITION_BYTES;
  if (!Number.isInteger(lateCount) || lateCount < 0) return null;
  // Copied, since columns begin at multiples of eight.
  const bytes = new Uint8Array(payload);
  return {
    queuedAt: payload.readUIntLE(2, 6),
    check: payload.readUInt32LE(12),
    ...columnsIn(bytes.buffer, HEAD_BYTES, count, lateCount),
  };
}

function columnsIn(buffer: ArrayBufferLike, at: number, count: number, late: number) {
  return {
    timestamps: new Float64Array(buffer, at, count),
    values: new Float64Array(buffer, at + count * 8, count),
    seriesIds: new Uint32Array(buffer, at + count * 16, count),
    late: new Uint32Array(buffer, at + count * ROW_BYTES, late),
  };
}
