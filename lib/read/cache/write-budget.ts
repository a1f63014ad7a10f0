/** Bounds what is written within any stretch as long as values live, and with it what lies in Redis. */
export class WriteBudget {
  private spent = 0;
  private spentBefore = 0;
  private turn = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly ttlMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether so many bytes may be written now; then they count. */
  take(bytes: number): boolean {
    const turn = Math.floor(this.now() / this.ttlMs);
    if (turn !== this.turn) {
      this.spentBefore = turn === this.turn + 1 ? this.spent : 0;
      this.spent = 0;
      this.turn = turn;
    }
    // What was written in the turn before may all still be there.
    if (this.spentBefore + this.spent + bytes > this.maxBytes) return false;
    this.spent += bytes;
    return true;
  }
}
