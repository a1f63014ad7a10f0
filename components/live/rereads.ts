import { SECOND } from '@/lib/model/time/duration';
import type { QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer, type Query } from '@/lib/model/wire/query';
import type { QueryStore } from './query-store';

export interface RereadsOptions {
  /** Asks for history. Rejects when the server cannot be reached or answers with an error. */
  read(queries: readonly Query[]): Promise<QueryResult[]>;
  /** The server's time, ms. */
  serverNow(): number;
  random(): number;
  /** This query's answer has arrived, be it an error. */
  done(store: QueryStore): void;
  /** Some have been read, or could not be. */
  settled(): void;
}

const QUERIES_PER_READ = 50;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15 * SECOND;

/** Queries whose whole range is to be read again, however long it takes for the server to answer. */
export class Rereads {
  private readonly pending = new Set<QueryStore>();
  private reading: Promise<void> | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isPaused = false;

  constructor(private readonly options: RereadsOptions) {}

  add(stores: Iterable<QueryStore>): void {
    for (const store of stores) if (store.text) this.pending.add(store);
    if (this.pending.size === 0 || this.reading) return;
    clearTimeout(this.timer);
    this.reading = this.readAll().finally(() => {
      this.reading = null;
      if (this.pending.size > 0 && !this.isPaused)
        this.timer = setTimeout(() => this.add([]), this.retryDelay());
      this.options.settled();
    });
  }

  forget(store: QueryStore): void {
    this.pending.delete(store);
  }

  /** Does not try again by itself, until `resume`. */
  pause(): void {
    this.isPaused = true;
    clearTimeout(this.timer);
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.pending.clear();
    clearTimeout(this.timer);
  }

  private retryDelay(): number {
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, this.failures - 1));
    return longest * (0.5 + this.options.random() / 2);
  }

  private async readAll(): Promise<void> {
    const stores = [...this.pending];
    for (let from = 0; from < stores.length; from += QUERIES_PER_READ) {
      const isRead = await this.readSome(stores.slice(from, from + QUERIES_PER_READ));
      if (!isRead) return;
    }
  }

  private async readSome(batch: readonly QueryStore[]): Promise<boolean> {
    for (const store of batch) store.reread.begin();
    try {
      const results = await this.options.read(batch.map(({ live }) => live));
      this.failures = 0;
      batch.forEach((store, i) => {
        this.pending.delete(store);
        this.options.done(store);
        this.take(store, results[i]);
      });
      return true;
    } catch (error) {
      this.failures++;
      for (const store of batch) store.reread.fail(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  private take(store: QueryStore, result: QueryResult): void {
    if (isErrorAnswer(result)) store.reread.fail(result.error.message);
    else store.reread.complete(result, this.options.serverNow());
  }
}
