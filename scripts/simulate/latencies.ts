/** Each bucket is 2 % wider than the one before: quantiles are right to 1 %, however many latencies there were. */
const GROWTH = 1.02;
const SMALLEST_MS = 0.01;

/** Latencies in bounded memory. */
export class Latencies {
  private readonly counts = new Map<number, number>();
  private total = 0;

  add(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH));
    this.count(bucket, 1);
  }

  addAll(other: Latencies): void {
    for (const [bucket, count] of other.counts) this.count(bucket, count);
  }

  clear(): void {
    this.counts.clear();
    this.total = 0;
  }

  /** The latency below which `share` of them lie, ms; null when there are none. */
  quantile(share: number): number | null {
    const goal = Math.max(1, Math.ceil(this.total * share));
    let passed = 0;
    for (const [bucket, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      passed += count;
      if (passed >= goal) return SMALLEST_MS * GROWTH ** bucket;
    }
    return null;
  }

  private count(bucket: number, count: number): void {
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + count);
    this.total += count;
  }
}
