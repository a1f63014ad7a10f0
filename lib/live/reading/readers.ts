/** Whoever is told of a query's changes. */
export interface QueryReader {
  /** Changes up to this number have been told. */
  since: number;
  /** There may be something to tell. */
  notify(): void;
  /** What it missed cannot be told: it must read history again. */
  reset(reason: string): void;
}

/** All readers of one query. */
export class Readers {
  private readonly all = new Set<QueryReader>();

  get size(): number {
    return this.all.size;
  }

  /** Every reader has been told the changes up to this number; Infinity without readers. */
  get toldUpTo(): number {
    let told = Number.POSITIVE_INFINITY;
    for (const { since } of this.all) told = Math.min(told, since);
    return told;
  }

  add(reader: QueryReader): void {
    this.all.add(reader);
  }

  /** @returns whether it was one of them. */
  delete(reader: QueryReader): boolean {
    return this.all.delete(reader);
  }

  notify(): void {
    for (const reader of this.all) reader.notify();
  }

  reset(reason: string): void {
    for (const reader of this.all) reader.reset(reason);
  }
}
