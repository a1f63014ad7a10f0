import type { Format } from './formats';

const TIMESTAMP = '1000000000000';
const VALUE = '10.00';
const SEQ = '"seq":1000000000';
const FIRST_SEQ = 1_000_000_000;
/** Values walk between 10.00 and 99.99, so that their digits stay in their places. */
const LOWEST = 1_000;
const HIGHEST = 9_999;
const LONGEST_STEP = 25;
const ZERO = 48;

/**
 * What one sender sends, as bytes that are written once: only the digits of timestamps, values and `seq` change, in
 * place. Every value is a walk of its own in hundredths, and no two messages of a sender have the same timestamp.
 */
export class Message {
  bytes: Buffer;
  readonly samples: number;
  /** Sum of the values of the message that `next` has made, in hundredths. */
  hundredths = 0;
  private readonly timestampsAt: number[];
  private readonly valuesAt: number[];
  private readonly seqAt: number;
  private readonly values: Uint16Array;
  private timestamp = 0;
  private seq = FIRST_SEQ;

  /** @param frame the bytes on the wire around a body of this length */
  constructor(
    format: Format,
    hosts: readonly string[],
    frame: (body: Buffer) => { before: Buffer; after?: Buffer },
  ) {
    const body = Buffer.from(format.body(hosts, { timestamp: TIMESTAMP, value: VALUE }), 'latin1');
    const { before, after = Buffer.alloc(0) } = frame(body);
    this.bytes = Buffer.concat([before, body, after]);
    const placesOf = (text: string) => placesIn(this.bytes, text, before.length, before.length + body.length);
    this.timestampsAt = placesOf(TIMESTAMP);
    this.valuesAt = placesOf(VALUE);
    this.seqAt = placesOf(SEQ).map((at) => at + SEQ.length - String(FIRST_SEQ).length)[0] ?? -1;
    this.samples = this.valuesAt.length;
    this.values = Uint16Array.from(
      this.valuesAt,
      () => LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST)),
    );
  }

  /** Makes the next message in place: a newer timestamp, other values, the next `seq`. */
  next(now: number): void {
    this.timestamp = Math.max(now, this.timestamp + 1);
    const digits = String(this.timestamp);
    for (const at of this.timestampsAt) this.bytes.write(digits, at, 'latin1');
    if (this.seqAt >= 0) this.bytes.write(String(++this.seq), this.seqAt, 'latin1');
    this.hundredths = 0;
    for (let i = 0; i < this.values.length; i++) this.hundredths += this.walk(i);
  }

  /** Leaves the bytes as they are to a socket that has not sent them yet; `next` works on others. */
  detach(): void {
    this.bytes = Buffer.from(this.bytes);
  }

  private walk(i: number): number {
    const step = Math.floor(Math.random() * (2 * LONGEST_STEP + 1)) - LONGEST_STEP;
    const value = Math.min(HIGHEST, Math.max(LOWEST, this.values[i] + step));
    this.values[i] = value;
    const at = this.valuesAt[i];
    this.bytes[at] = ZERO + Math.floor(value / 1_000);
    this.bytes[at + 1] = ZERO + (Math.floor(value / 100) % 10);
    this.bytes[at + 3] = ZERO + (Math.floor(value / 10) % 10);
    this.bytes[at + 4] = ZERO + (value % 10);
    return value;
  }
}

function placesIn(bytes: Buffer, text: string, from: number, to: number): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text, from); at !== -1 && at < to; at = bytes.indexOf(text, at + text.length))
    places.push(at);
  return places;
}
