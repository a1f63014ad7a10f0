/** Which points have changed when: start of a point → number of the newest change, until every reader has taken it. */
export class Marks {
  /** The newest of them. */
  seq = 0;
  private readonly changes = new Map<number, number>();

  has(slot: number): boolean {
    return this.changes.has(slot);
  }

  mark(slot: number, seq: number): void {
    this.changes.set(slot, seq);
    this.seq = seq;
  }

  /** Points marked after `since`, ascending. */
  since(since: number): number[] {
    const slots: number[] = [];
    if (this.seq > since) for (const [slot, seq] of this.changes) if (seq > since) slots.push(slot);
    return slots.sort((a, b) => a - b);
  }

  forgetUpTo(seq: number, forget: (slot: number) => void = () => {}): void {
    for (const [slot, marked] of this.changes) {
      if (marked > seq) continue;
      this.changes.delete(slot);
      forget(slot);
    }
  }
}
