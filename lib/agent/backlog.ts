/**
 * What is not acknowledged yet, oldest first: one gzipped NDJSON line a tick, each with a number of its own. Compressed
 * one by one, because gzip members may simply be put behind each other (RFC 1952, 2.2): a body of many ticks costs no
 * second compression.
 */
export class Backlog {
  private lines: Buffer[] = [];
  private bytes = 0;
  private firstNumber = 0;
  /** Ticks that were dropped to stay within the limit, since the last look. */
  private dropped = 0;

  constructor(private readonly maxBytes: number) {}

  get length(): number {
    return this.lines.length;
  }

  /** The number of the oldest tick. */
  get first(): number {
    return this.firstNumber;
  }

  /** The number that the next tick will have. */
  get next(): number {
    return this.firstNumber + this.lines.length;
  }

  /** The tick of this number, where it is still here. */
  at(number: number): Buffer | undefined {
    return this.lines[number - this.firstNumber];
  }

  /** Adds the newest tick; when that is too much, the oldest go. */
  add(line: Buffer): void {
    this.lines.push(line);
    this.bytes += line.length;
    while (this.bytes > this.maxBytes && this.lines.length > 1) {
      this.removeBefore(this.firstNumber + 1);
      this.dropped++;
    }
  }

  /** The oldest ticks, at most `count`, as one gzipped body. */
  oldest(count: number): { body: Buffer; count: number } {
    const lines = this.lines.slice(0, count);
    return { body: Buffer.concat(lines), count: lines.length };
  }

  /** Forgets all ticks with lower numbers. */
  removeBefore(number: number): void {
    const count = Math.max(0, number - this.firstNumber);
    for (const line of this.lines.splice(0, count)) this.bytes -= line.length;
    this.firstNumber += count;
  }

  takeDropped(): number {
    const dropped = this.dropped;
    this.dropped = 0;
    return dropped;
  }
}
