/** Limits the bytes written within any period as long as values live, and with it the bytes in Redis. */
export class WriteBudget {
  private spent = 0;
  private spentBefore = 0;
  private period = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly ttlMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether so many bytes may be written now; if so, they are counted. */
  take(bytes: number): boolean {
    const period = Math.floor(this.now() / this.ttlMs);
    if (period !== this.period) {
      this.spentBefore = period === this.period + 1 ? this.spent : 0;
      this.spent = 0;
      this.period = period;
    }
    // All that was written in the period before may still be there.
    if (this.spentBefore + this.spent + bytes > this.maxBytes) return false;
    this.spent += bytes;
    return true;
  }
}
