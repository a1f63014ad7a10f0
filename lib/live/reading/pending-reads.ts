import type { LiveGroup } from './live-group';

/** Points of a group that memory does not hold and the store must be asked for: `[from, to)`, epoch ms. */
export interface PendingRead {
  group: LiveGroup;
  from: number;
  to: number;
}

/** What one query wants from the store, and since when: until it is there, no reader has everything. */
export class PendingReads {
  private readonly wanted = new Map<LiveGroup, PendingRead>();
  private reading: readonly LiveGroup[] = [];
  private wantedSince = Number.POSITIVE_INFINITY;
  private readingSince = Number.POSITIVE_INFINITY;

  get isEmpty(): boolean {
    return this.wanted.size === 0;
  }

  /** When the oldest change that waits for the store arrived, epoch ms; Infinity when none waits. */
  get since(): number {
    return Math.min(this.wantedSince, this.readingSince);
  }

  /** The groups that points are wanted of, those being read now included. */
  get groups(): Set<LiveGroup> {
    return new Set([...this.wanted.keys(), ...this.reading]);
  }

  /** @param since when the change arrived; -Infinity when that is not known. */
  add({ group, from, to }: PendingRead, since: number): void {
    const known = this.wanted.get(group);
    if (known) {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    } else {
      this.wanted.set(group, { group, from, to });
    }
    this.wantedSince = Math.min(this.wantedSince, since);
  }

  /**
   * Has everything wanted read, those of one range together. What could not be read is wanted again.
   * @throws what `read` throws.
   */
  async serve(read: (groups: LiveGroup[], from: number, to: number) => Promise<void>): Promise<void> {
    const batches = this.batches();
    const since = this.wantedSince;
    this.readingSince = since;
    this.reading = [...this.wanted.keys()];
    this.wanted.clear();
    this.wantedSince = Number.POSITIVE_INFINITY;
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
      for (const batch of batches.values()) for (const want of batch) this.add(want, since);
      throw error;
    } finally {
      this.readingSince = Number.POSITIVE_INFINITY;
      this.reading = [];
    }
  }

  private batches(): Map<string, PendingRead[]> {
    const batches = new Map<string, PendingRead[]>();
    for (const want of this.wanted.values()) {
      const range = `${want.from} ${want.to}`;
      const batch = batches.get(range);
      if (batch) batch.push(want);
      else batches.set(range, [want]);
    }
    return batches;
  }
}
