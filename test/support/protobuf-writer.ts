/** Writes protobuf messages field by field, so that tests can also write what no library would. */
export type Field = Buffer;

export function message(...fields: Field[]): Buffer<ArrayBuffer> {
  return Buffer.concat(fields);
}

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

export function zigzag(value: number | bigint): Buffer {
  const signed = BigInt(value);
  return varint((signed << 1n) ^ (signed >> 63n));
}

export const doubleBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};

const tag = (field: number, wire: number) => varint(field * 8 + wire);

export const int = (field: number, value: number | bigint): Field =>
  Buffer.concat([tag(field, 0), varint(value)]);
export const sint = (field: number, value: number | bigint): Field =>
  Buffer.concat([tag(field, 0), zigzag(value)]);
export const double = (field: number, value: number): Field =>
  Buffer.concat([tag(field, 1), doubleBytes(value)]);
export const fixed64 = (field: number, value: bigint): Field => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([tag(field, 1), bytes]);
};
export const bytes = (field: number, value: Uint8Array): Field =>
  Buffer.concat([tag(field, 2), varint(value.length), value]);
export const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));
export const nested = (field: number, ...fields: Field[]): Field => bytes(field, message(...fields));
export const packed = (field: number, values: Buffer[]): Field => bytes(field, Buffer.concat(values));
