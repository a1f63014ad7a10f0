import type { Clock } from './clock';

/** How much longer than its tick a stream may wait to be written together with others, as a share of the tick. */
const JOIN_SHARE = 0.1;

/** What has a turn: it writes at most once a tick. */
export interface Paced {
  readonly tickMs: number;
  /** Epoch ms; -Infinity before the first. */
  readonly writtenAt: number;
  takeTurn(now: number): void;
}

/**
 * Decides when streams write. After at least a tick of quiet, at once; else a tick after the last write, or up to a
 * tenth of a tick later if others write then: streams fall into step, and what they share is computed once.
 */
export class Pacer {
  private readonly turns = new Map<number, { paced: Set<Paced>; cancel: () => void }>();

  constructor(private readonly clock: Clock) {}

  /** @returns the off-switch. */
  schedule(paced: Paced): () => void {
    const now = this.clock.now();
    const due = this.dueAt(paced, now);
    let turn = this.turns.get(due);
    if (!turn) {
      turn = { paced: new Set(), cancel: this.clock.after(due - now, () => this.take(due)) };
      this.turns.set(due, turn);
    }
    turn.paced.add(paced);
    return () => this.cancel(due, paced);
  }

  close(): void {
    for (const { cancel } of this.turns.values()) cancel();
    this.turns.clear();
  }

  private dueAt({ tickMs, writtenAt }: Paced, now: number): number {
    const earliest = writtenAt + tickMs;
    if (earliest <= now) return now;
    // A clock set back must not silence a stream for as long as it was set back.
    const due = Math.min(Math.ceil(earliest), now + tickMs);
    const latest = due + tickMs * JOIN_SHARE;
    let joined = Number.POSITIVE_INFINITY;
    for (const at of this.turns.keys()) if (at >= due && at <= latest && at < joined) joined = at;
    return joined === Number.POSITIVE_INFINITY ? due : joined;
  }

  private take(due: number): void {
    const turn = this.turns.get(due);
    if (!turn) return;
    this.turns.delete(due);
    const now = this.clock.now();
    for (const paced of turn.paced) paced.takeTurn(now);
  }

  private cancel(due: number, paced: Paced): void {
    const turn = this.turns.get(due);
    if (!turn?.paced.delete(paced) || turn.paced.size > 0) return;
    turn.cancel();
    this.turns.delete(due);
  }
}
