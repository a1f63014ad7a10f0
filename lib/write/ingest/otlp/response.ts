import { tagOf } from '../protobuf';

/** `ExportMetricsServiceResponse`; nothing where nothing was rejected. */
export function encodePartialSuccess(rejected: number, message: string): Uint8Array<ArrayBuffer> {
  if (rejected === 0) return new Uint8Array();
  const partial = encodeStatus(rejected, message);
  return Buffer.concat([Buffer.of(tagOf(1, 'bytes'), ...varint(partial.length)), partial]);
}

/** `google.rpc.Status`. `ExportMetricsPartialSuccess` has the same fields. */
export function encodeStatus(code: number, message: string): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(message);
  const fields = [tagOf(1, 'varint'), ...varint(code), tagOf(2, 'bytes'), ...varint(text.length)];
  return Buffer.concat([Buffer.from(fields), text]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
