/** A reader of a query's changes. */
export interface QueryReader {
  /** Changes up to this number have been taken. */
  since: number;
  /** There may be something to take. */
  notify(): void;
  /** What it missed cannot be replayed: it must read history again. */
  reset(reason: string): void;
}

/** All readers of one query. */
export class Readers {
  private readonly all = new Set<QueryReader>();
  /** Whether all were notified that there is something to take: commits are many, readers are notified once. */
  private areNotified = false;

  get size(): number {
    return this.all.size;
  }

  /** Every reader has taken the changes up to this number; Infinity without readers. */
  get takenUpTo(): number {
    let taken = Number.POSITIVE_INFINITY;
    for (const { since } of this.all) taken = Math.min(taken, since);
    return taken;
  }

  add(reader: QueryReader): void {
    this.all.add(reader);
    this.areNotified = false;
  }

  /** @returns whether it was one of them. */
  delete(reader: QueryReader): boolean {
    return this.all.delete(reader);
  }

  notify(): void {
    if (this.areNotified) return;
    this.areNotified = true;
    for (const reader of this.all) reader.notify();
  }

  /** A reader has taken what there was: the next change is notified again. */
  expectNotice(): void {
    this.areNotified = false;
  }

  reset(reason: string): void {
    for (const reader of this.all) reader.reset(reason);
  }
}
