import type { ForwardQueue } from './queue';
import { type QueueFile, readRecords } from './queue-files';
import { type QueuedRows, withoutRows } from './rows';

/** Reads a queue from an index on, for one destination. */
export class QueueReader {
  /** Samples that could not be read. */
  damaged = 0;
  private file: QueueFile | null = null;
  private offset = 0;
  private dropped = 0;

  /** @param next index of the first sample to read */
  constructor(
    private readonly queue: ForwardQueue,
    public next: number,
  ) {}

  /** Samples that were dropped before they could be read, because the queue was full. */
  get droppedSoFar(): number {
    return this.dropped + Math.max(0, this.queue.start - this.next);
  }

  /** Samples that may be read. */
  get waiting(): number {
    return Math.max(0, this.queue.readable - Math.max(this.next, this.queue.start));
  }

  /** Bytes that are still to be read. */
  get bytes(): number {
    const isThere = this.file !== null && this.queue.fileOf(this.next) === this.file;
    return this.queue.bytesFrom(this.next, isThere ? this.offset : 0);
  }

  /** Whole records, of so many samples or somewhat more; none when there is nothing. */
  async read(most: number): Promise<QueuedRows[]> {
    const records: QueuedRows[] = [];
    const first = this.next;
    while (this.next - first < most) {
      const file = this.position();
      const { next } = this;
      if (!file) break;
      await this.readFrom(file, first + most, records);
      // What comes next is not released yet.
      if (this.next === next) break;
    }
    return records;
  }

  /** Reads again from an index. */
  rewind(next: number): void {
    this.next = next;
    this.file = null;
  }

  private position(): QueueFile | null {
    const { queue } = this;
    if (this.next < queue.start) {
      this.dropped += queue.start - this.next;
      this.next = queue.start;
    }
    if (this.next >= queue.readable) return null;
    const file = queue.fileOf(this.next);
    if (file !== this.file) this.offset = 0;
    this.file = file;
    return file;
  }

  /** Moves through a file to an index or to the file's end. */
  private async readFrom(file: QueueFile, until: number, into: QueuedRows[]): Promise<void> {
    const { queue } = this;
    // As of now: it may grow meanwhile.
    const end = queue.endOf(file);
    const snapshot = { ...file };
    try {
      for await (const { first, endOffset, rows } of readRecords(snapshot, this.offset)) {
        if (first >= queue.readable) return;
        this.offset = endOffset;
        const behind = first + (rows?.seriesIds.length ?? 0);
        if (!rows || behind <= this.next) continue;
        this.damaged += Math.max(0, first - this.next);
        this.next = behind;
        const omitted = queue.omittedOf(first);
        into.push(omitted ? withoutRows(rows, omitted) : rows);
        if (this.next >= until) return;
      }
    } catch (error) {
      // Dropped meanwhile, which the next look at its position counts, or taken away by somebody.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (this.next < queue.start) return;
    }
    if (this.next >= end) return;
    this.damaged += end - this.next;
    this.next = end;
  }
}
