import type { PostResponse } from '../../lib/agent/post';
import { Latencies } from './latencies';

const COUNTS = ['posts', 'sent', 'accepted', 'duplicates', 'rejected', 'failures', 'away', 'rounds'] as const;
const WHOLE = new Intl.NumberFormat('en-US');

/** What became of the fleet's posts since the last line, counted from the server's own answers. */
export class Tally {
  posts = 0;
  sent = 0;
  accepted = 0;
  duplicates = 0;
  rejected = 0;
  failures = 0;
  /** Posts that did not happen because their server was away, and full rounds of the fleet. */
  away = 0;
  rounds = 0;
  private readonly reasons = new Map<string, number>();
  private readonly waits = new Latencies();

  answered({ status, body }: PostResponse, samples: number, ms: number): void {
    this.sent += samples;
    if (status !== 200) {
      this.failed(`answered ${status}`);
      return;
    }
    const counts = body as { accepted: number; duplicates: number; rejected: number };
    this.posts++;
    this.accepted += counts.accepted;
    this.duplicates += counts.duplicates;
    this.rejected += counts.rejected;
    this.waits.add(ms);
  }

  failed(reason: string): void {
    this.failures++;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  /** Adds another tally's counts to this one's. */
  add(other: Tally): void {
    for (const name of COUNTS) this[name] += other[name];
    for (const [reason, count] of other.reasons)
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
    this.waits.addAll(other.waits);
  }

  clear(): void {
    for (const name of COUNTS) this[name] = 0;
    this.reasons.clear();
    this.waits.clear();
  }

  /** One line for people. */
  describe(): string {
    const parts = [
      `${WHOLE.format(this.posts)} posts`,
      `${WHOLE.format(this.sent)} samples sent`,
      `${WHOLE.format(this.accepted)} accepted`,
      `${WHOLE.format(this.duplicates)} duplicates`,
      `${WHOLE.format(this.rejected)} rejected`,
      `${WHOLE.format(this.failures)} posts failed`,
      `p50 ${this.quantile(0.5)} ms, p99 ${this.quantile(0.99)} ms`,
    ];
    if (this.rounds > 0) parts.push(`${Math.round(this.away / this.rounds)} servers away`);
    for (const [reason, count] of this.reasons) parts.push(`${WHOLE.format(count)} × ${reason}`);
    return parts.join(', ');
  }

  private quantile(share: number): string {
    return this.waits.quantile(share)?.toFixed(1) ?? '–';
  }
}
