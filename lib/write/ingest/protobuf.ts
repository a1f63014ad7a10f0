import { isUtf8 } from 'node:buffer';
import { PulseError } from '../../model/errors';

/** How a field is written: the lowest three bits of its tag. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The tag of a field: its number and how it is written. */
export const tagOf = (field: number, wire: keyof typeof WIRE): number => field * 8 + WIRE[wire];

const MAX_VARINT_BYTES = 10;
/** Seven bits each: so many bytes fit into a float64 without loss. */
const EXACT_BYTES = 7;
const TWO_32 = 2 ** 32;

/**
 * Reads protobuf messages by hand: no object is made of what nobody asks for. `at` moves forward only; a nested
 * message is read between `at` and the `end` that `enter` returns.
 *
 * Every method throws PulseError `bad_body` where the bytes are not what they should be.
 */
export class ProtobufReader {
  at = 0;
  private readonly view: DataView;

  constructor(readonly bytes: Buffer) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Of the next field, see `tagOf`. */
  tag(): number {
    const tag = this.uint64();
    if (tag < 8 || tag >= TWO_32) throw malformed('a field has no number');
    return tag;
  }

  /** Whether there is another field before `end`; throws when the last one went beyond. */
  isBefore(end: number): boolean {
    if (this.at > end) throw malformed('a field is longer than what it is in');
    return this.at < end;
  }

  /** Begins a length-delimited field within a message that ends at `limit`. @returns its end. */
  enter(limit: number): number {
    const length = this.uint64();
    const end = this.at + length;
    if (!(end <= limit)) throw malformed('a field is longer than what it is in');
    return end;
  }

  /** Passes over the value of a field that nobody asks for. */
  skip(tag: number, limit: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.uint64();
        return;
      case WIRE.fixed64:
        this.at += 8;
        return;
      case WIRE.bytes:
        this.at = this.enter(limit);
        return;
      case WIRE.fixed32:
        this.at += 4;
        return;
      default:
        // Groups, which nobody writes any more, and numbers without a meaning.
        throw malformed('a field is written in an unknown way');
    }
  }

  /** Unsigned; beyond 2^53 to the nearest number there is. */
  uint64(): number {
    const { bytes, at } = this;
    const first = bytes[at];
    if (first < 0x80) {
      this.at = at + 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let i = at; i < at + EXACT_BYTES; i++) {
      const byte = bytes[i];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = i + 1;
        return value;
      }
      scale *= 128;
    }
    return Number(this.longVarint());
  }

  int64(): number {
    const from = this.at;
    const value = this.uint64();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    return Number(BigInt.asIntN(64, this.longVarint(from)));
  }

  /** Signed, every digit of it. */
  exactInt64(): bigint {
    return BigInt.asIntN(64, this.longVarint());
  }

  /** Zigzag: the lowest bit is the sign. */
  sint64(): number {
    const from = this.at;
    const value = this.uint64();
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    const exact = this.longVarint(from);
    return Number((exact >> 1n) ^ -(exact & 1n));
  }

  double(): number {
    const { at, view } = this;
    if (at + 8 > view.byteLength) throw cutOff();
    this.at = at + 8;
    return view.getFloat64(at, true);
  }

  /** Signed, beyond 2^53 to the nearest number there is. */
  sfixed64(): number {
    const low = this.fixed32();
    return (this.fixed32() | 0) * TWO_32 + low;
  }

  /** Unsigned, beyond 2^53 to the nearest number there is. */
  fixed64(): number {
    const low = this.fixed32();
    return this.fixed32() * TWO_32 + low;
  }

  /** Nanoseconds in 64 bits as whole milliseconds, rounded down: exactly, which a float64 of nanoseconds is not. */
  nanosecondsAsMs(): number {
    const low = this.fixed32();
    const high = this.fixed32();
    return Math.floor(high / 1e6) * TWO_32 + Math.floor(((high % 1e6) * TWO_32 + low) / 1e6);
  }

  /** Throws also for what is not UTF-8: replaced characters would be stored as names. */
  text(end: number): string {
    const { at, bytes } = this;
    this.at = end;
    if (!isUtf8(bytes.subarray(at, end))) throw malformed('a text is not UTF-8');
    return bytes.toString('utf8', at, end);
  }

  /**
   * All fields of one tag in what ends at `end`, wherever they are, with their tags and lengths. Leaves the reader
   * where it was.
   */
  fieldsOf(wanted: number, end: number): Buffer {
    const { bytes, at } = this;
    let from = -1;
    let to = -1;
    const others: Buffer[] = [];
    while (this.isBefore(end)) {
      const start = this.at;
      const tag = this.tag();
      this.skip(tag, end);
      if (tag !== wanted) continue;
      if (to !== start && from !== -1) {
        others.push(bytes.subarray(from, to));
        from = -1;
      }
      if (from === -1) from = start;
      to = this.at;
    }
    this.at = at;
    const last = bytes.subarray(Math.max(from, 0), Math.max(to, 0));
    return others.length === 0 ? last : Buffer.concat([...others, last]);
  }

  private fixed32(): number {
    const { at, view } = this;
    if (at + 4 > view.byteLength) throw cutOff();
    this.at = at + 4;
    return view.getUint32(at, true);
  }

  private longVarint(from = this.at): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.bytes[from + i];
      if (byte === undefined) throw cutOff();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte >= 0x80) continue;
      if (value >= 1n << 64n) break;
      this.at = from + i + 1;
      return value;
    }
    throw malformed('a number has more than 64 bits');
  }
}

export function malformed(what: string): PulseError {
  return new PulseError('bad_body', `The body is not the protobuf message it should be: ${what}.`);
}

function cutOff(): PulseError {
  return malformed('it is cut off');
}
