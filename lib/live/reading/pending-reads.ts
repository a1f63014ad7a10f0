import type { LiveGroup } from './live-group';

/** Points of a group that memory does not hold and the store must be asked for: `[from, to)`, epoch ms. */
export interface PendingRead {
  group: LiveGroup;
  from: number;
  to: number;
}

/** What one query has to read from the store, and since when: until it is read, no reader has everything. */
export class PendingReads {
  private readonly pending = new Map<LiveGroup, PendingRead>();
  private reading: readonly LiveGroup[] = [];
  private pendingSince = Number.POSITIVE_INFINITY;
  private readingSince = Number.POSITIVE_INFINITY;

  get isEmpty(): boolean {
    return this.pending.size === 0;
  }

  /** When the oldest change that waits for the store arrived, epoch ms; Infinity when none waits. */
  get since(): number {
    return Math.min(this.pendingSince, this.readingSince);
  }

  /** The groups with pending reads, those being read now included. */
  get groups(): Set<LiveGroup> {
    return new Set([...this.pending.keys(), ...this.reading]);
  }

  /** @param since when the change arrived; -Infinity when that is not known. */
  add({ group, from, to }: PendingRead, since: number): void {
    const known = this.pending.get(group);
    if (known) {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    } else {
      this.pending.set(group, { group, from, to });
    }
    this.pendingSince = Math.min(this.pendingSince, since);
  }

  /**
   * Reads everything that is pending, the groups of one range together. What could not be read is pending again.
   * @throws what `read` throws.
   */
  async serve(read: (groups: LiveGroup[], from: number, to: number) => Promise<void>): Promise<void> {
    const batches = this.batches();
    const since = this.pendingSince;
    this.readingSince = since;
    this.reading = [...this.pending.keys()];
    this.pending.clear();
    this.pendingSince = Number.POSITIVE_INFINITY;
    try {
      for (const [range, batch] of batches) {
        await read(
          batch.map(({ group }) => group),
          batch[0].from,
          batch[0].to,
        );
        batches.delete(range);
      }
    } catch (error) {
      for (const batch of batches.values()) for (const read of batch) this.add(read, since);
      throw error;
    } finally {
      this.readingSince = Number.POSITIVE_INFINITY;
      this.reading = [];
    }
  }

  private batches(): Map<string, PendingRead[]> {
    const batches = new Map<string, PendingRead[]>();
    for (const read of this.pending.values()) {
      const range = `${read.from} ${read.to}`;
      const batch = batches.get(range);
      if (batch) batch.push(read);
      else batches.set(range, [read]);
    }
    return batches;
  }
}
