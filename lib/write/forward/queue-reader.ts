import type { ForwardQueue } from './queue';
import { type QueueFile, readRecords } from './queue-files';
import type { QueuedRows } from './rows';

export interface ReadRows extends QueuedRows {
  /** Positions that are not to be sent. */
  omitted?: readonly number[];
}

/** Where the next record begins. */
interface Position {
  /** Index of its first sample. */
  next: number;
  file: QueueFile | null;
  offset: number;
}

/** Reads a queue from an index on, for one destination. */
export class QueueReader {
  /** Samples that could not be read. */
  damaged = 0;
  private file: QueueFile | null = null;
  private offset = 0;
  private dropped = 0;
  /** Where everything before was dealt with. */
  private settled: Position;

  /** @param next index of the first sample to read */
  constructor(
    private readonly queue: ForwardQueue,
    public next: number,
  ) {
    this.settled = { next, file: null, offset: 0 };
  }

  /** Samples that were dropped before they could be read, because the queue was full. */
  get droppedSoFar(): number {
    return this.dropped + Math.max(0, this.queue.start - this.next);
  }

  /** Samples that may be read, and those that were and are not settled. */
  get waiting(): number {
    return Math.max(0, this.queue.readable - Math.max(this.settled.next, this.queue.start));
  }

  /** The bytes of them, and of what may not be read yet. */
  get bytes(): number {
    const { next, file, offset } = this.settled;
    return this.queue.bytesFrom(next, file !== null && this.queue.fileOf(next) === file ? offset : 0);
  }

  /** All that was read has been dealt with. @returns whether that was anything */
  settle(): boolean {
    const { next, file, offset, settled } = this;
    this.settled = { next, file, offset };
    return next !== settled.next;
  }

  /** Reads what is not settled once more. */
  rewind(): void {
    Object.assign(this, this.settled);
  }

  /** Whole records, of so many samples or somewhat more; none when there is nothing. */
  async read(most: number): Promise<ReadRows[]> {
    const records: ReadRows[] = [];
    const first = this.next;
    while (this.next - first < most) {
      const file = this.fileToRead();
      const { next } = this;
      if (!file) break;
      await this.readFrom(file, first + most, records);
      // What comes next is not released yet.
      if (this.next === next) break;
    }
    return records;
  }

  private fileToRead(): QueueFile | null {
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
  private async readFrom(file: QueueFile, until: number, into: ReadRows[]): Promise<void> {
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
        into.push({ ...rows, omitted: queue.omittedOf(first) });
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
