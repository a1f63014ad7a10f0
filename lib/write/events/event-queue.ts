import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { outsideRequests } from '../../observe/request-id';
import { within } from '../../runtime/within';

/** What waits for the database, of one portion of a body. */
interface Waiting<Item, Done> {
  items: readonly Item[];
  bytes: number;
  isRefused: boolean;
  resolve(done: Done[]): void;
  reject(error: unknown): void;
}

export interface EventQueueOptions<Item, Done> {
  /** Commits items of several writers together, and returns what became of each. */
  commit(items: readonly Item[]): Promise<Done[]>;
  bytesOf(item: Item): number;
  /** With so many, or so much, a commit takes no further writer: a statement is made and read in one go. */
  batchItems?: number;
  batchBytes?: number;
  maxInFlight?: number;
  /** Waiting and in flight; beyond them writers get `queue_full`. */
  maxItems?: number;
  maxBytes?: number;
}

const RETRY_AFTER_MS = SECOND;

/**
 * A group commit: while commits are in flight, what comes waits, and then shares the next one. A writer's items are
 * never split over two commits.
 */
export class EventQueue<Item, Done> {
  private waiting: Array<Waiting<Item, Done>> = [];
  private items = 0;
  private bytes = 0;
  private inFlight = 0;
  private startsThisTurn = false;
  private isClosed = false;
  private whenIdle: Array<() => void> = [];
  private readonly options: Required<EventQueueOptions<Item, Done>>;

  constructor(options: EventQueueOptions<Item, Done>) {
    this.options = {
      batchItems: 2_000,
      batchBytes: 8 * 2 ** 20,
      maxInFlight: 3,
      maxItems: 50_000,
      maxBytes: 64 * 2 ** 20,
      ...options,
    };
  }

  /** Waiting and in flight. */
  get size(): number {
    return this.items;
  }

  get limit(): number {
    return this.options.maxItems;
  }

  /**
   * Resolves once the items are committed. Rejects with `queue_full` or `shutting_down`: then none is kept; with
   * `database_unavailable` some may be kept, now or later.
   */
  async write(items: readonly Item[], answerMs: number): Promise<Done[]> {
    if (items.length === 0) return [];
    if (this.isClosed)
      throw new PulseError('shutting_down', 'The server is stopping.', { retryAfterMs: RETRY_AFTER_MS });
    const { maxItems, maxBytes, bytesOf } = this.options;
    const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0);
    // One that is larger than the whole queue may still pass alone.
    if (this.items > 0 && (this.items + items.length > maxItems || this.bytes + bytes > maxBytes))
      throw new PulseError(
        'queue_full',
        `The queue of events is full (${this.items} wait for the database). Send the same body again later.`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    let entry!: Waiting<Item, Done>;
    const done = new Promise<Done[]>((resolve, reject) => {
      entry = { items, bytes, isRefused: false, resolve, reject };
    });
    // Who was answered for being late does not read it any more.
    done.catch(() => {});
    this.waiting.push(entry);
    this.items += items.length;
    this.bytes += bytes;
    this.schedule();
    return within(done, answerMs, () => {
      entry.isRefused = true;
      return tooSlow();
    });
  }

  /** Commits what waits, then refuses. Resolves when nothing is in flight. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.items > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Waits for the requests of this turn of the event loop. */
  private schedule(): void {
    if (this.startsThisTurn || this.waiting.length === 0 || this.inFlight >= this.options.maxInFlight) return;
    this.startsThisTurn = true;
    setImmediate(() => {
      this.startsThisTurn = false;
      const batch = this.takeBatch();
      if (batch.length > 0) void outsideRequests(() => this.commit(batch));
      this.schedule();
    });
  }

  private takeBatch(): Array<Waiting<Item, Done>> {
    const { batchItems, batchBytes } = this.options;
    let items = 0;
    let bytes = 0;
    let writers = 0;
    while (writers < this.waiting.length && items < batchItems && bytes < batchBytes) {
      const next = this.waiting[writers++];
      items += next.items.length;
      bytes += next.bytes;
    }
    const taken = this.waiting.slice(0, writers);
    this.waiting = this.waiting.slice(writers);
    this.letGo(taken.filter(({ isRefused }) => isRefused));
    return taken.filter(({ isRefused }) => !isRefused);
  }

  private async commit(batch: ReadonlyArray<Waiting<Item, Done>>): Promise<void> {
    this.inFlight++;
    try {
      const done = await this.options.commit(batch.flatMap(({ items }) => items));
      let from = 0;
      for (const { items, resolve } of batch) {
        resolve(done.slice(from, from + items.length));
        from += items.length;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.inFlight--;
      this.letGo(batch);
      this.schedule();
    }
  }

  private letGo(entries: ReadonlyArray<Waiting<Item, Done>>): void {
    for (const { items, bytes } of entries) {
      this.items -= items.length;
      this.bytes -= bytes;
    }
    if (this.items === 0) for (const idle of this.whenIdle.splice(0)) idle();
  }
}

function tooSlow(): PulseError {
  const message =
    'The database is too slow to take this now; it may be kept later. Send it again: events with an id are not stored twice.';
  return new PulseError('database_unavailable', message, { retryAfterMs: RETRY_AFTER_MS });
}
