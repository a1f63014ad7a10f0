/** Others have their turn after this. */
const SLICE_MS = 8;

/**
 * Does something for many, once for each however often it is asked for: what is asked for in one turn of the event loop
 * at its end, and where that takes long, the rest in the turns after.
 */
export class Coalescer<T> {
  private due = new Set<T>();
  private isPlanned = false;

  /** @param act must not throw */
  constructor(private readonly act: (item: T) => void) {}

  add(item: T): void {
    this.due.add(item);
    if (this.isPlanned) return;
    this.isPlanned = true;
    process.nextTick(() => this.run());
  }

  private run(): void {
    const endAt = performance.now() + SLICE_MS;
    for (const item of this.due) {
      this.due.delete(item);
      this.act(item);
      if (performance.now() < endAt) continue;
      setImmediate(() => this.run());
      return;
    }
    this.isPlanned = false;
  }
}
