import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { Scheduler } from '../runtime/work/scheduler';
import { type PausableWork, Work } from '../runtime/work/work';
import type { Clock } from './clock';

/** How much longer than its tick a stream may wait to be written together with others, as a share of the tick. */
const JOIN_SHARE = 0.1;
/** After turns that took this long comes a rest of so many times as long: streams get a quarter of the time at most. */
const HEAVY_MS = 10;
const REST_FACTOR = 3;
const LONGEST_REST_MS = 10 * SECOND;

/** Streams that have their turn together: what they share is evaluated once. */
export interface Round {
  /** When it began, epoch ms. */
  readonly now: number;
}

/** A stream or follower that has turns: it writes at most once a tick. */
export interface Paced {
  readonly tickMs: number;
  /** Epoch ms; -Infinity before the first. */
  readonly writtenAt: number;
  /** As a part of larger work, which goes on when it resolves or rejects. */
  takeTurn(round: Round, work: PausableWork): Promise<void> | void;
}

interface Turn {
  paced: Set<Paced>;
  cancel: () => void;
}

interface DueTurn {
  paced: Paced;
  round: Round;
}

/**
 * Decides when streams write. After at least a tick of quiet, at once; else a tick after the last write, or up to a
 * tenth of a tick later if others write then: so streams come to write together, and what they share is computed once.
 * After turns that took long all wait for the rest, and then write together.
 */
export class Pacer {
  private readonly turns = new Map<number, Turn>();
  private restUntil = Number.NEGATIVE_INFINITY;
  /** Turns that are due, in their order. */
  private readonly due: DueTurn[] = [];
  private isTaking = false;
  private readonly work: Work;

  constructor(
    private readonly clock: Clock,
    scheduler: Scheduler,
  ) {
    this.work = Work.ofOurs(scheduler);
  }

  /** @returns the off-switch. */
  schedule(paced: Paced): () => void {
    this.turnAt(this.dueAt(paced)).paced.add(paced);
    return () => this.cancel(paced);
  }

  close(): void {
    for (const { cancel } of this.turns.values()) cancel();
    this.turns.clear();
    this.due.length = 0;
  }

  private dueAt({ tickMs, writtenAt }: Paced): number {
    const now = this.clock.now();
    const earliest = writtenAt + tickMs;
    if (earliest <= now) return now;
    // A clock set back must not stop a stream for as long as it was set back.
    const due = Math.min(Math.ceil(earliest), now + tickMs);
    const latest = due + tickMs * JOIN_SHARE;
    let joined = Number.POSITIVE_INFINITY;
    for (const at of this.turns.keys()) if (at >= due && at <= latest && at < joined) joined = at;
    return joined === Number.POSITIVE_INFINITY ? due : joined;
  }

  private turnAt(due: number): Turn {
    let turn = this.turns.get(due);
    if (!turn) {
      const cancel = this.clock.after(due - this.clock.now(), () => this.take(due));
      turn = { paced: new Set(), cancel };
      this.turns.set(due, turn);
    }
    return turn;
  }

  private take(due: number): void {
    const turn = this.turns.get(due);
    if (!turn) return;
    this.turns.delete(due);
    const now = this.clock.now();
    // Nor must a clock set back make the rest longer.
    this.restUntil = Math.min(this.restUntil, now + LONGEST_REST_MS);
    if (now < this.restUntil) {
      const later = this.turnAt(this.restUntil);
      for (const paced of turn.paced) later.paced.add(paced);
      return;
    }
    const round = { now };
    for (const paced of turn.paced) this.due.push({ paced, round });
    if (!this.isTaking) void this.takeDue();
  }

  private async takeDue(): Promise<void> {
    this.isTaking = true;
    this.work.isDue('live');
    const spentMs = this.work.spent;
    for (let next = this.due.shift(); next; next = this.due.shift()) await this.takeTurn(next);
    this.work.isDue('live');
    this.isTaking = false;
    const tookMs = this.work.spent - spentMs;
    if (tookMs >= HEAVY_MS)
      this.restUntil = this.clock.now() + Math.min(LONGEST_REST_MS, REST_FACTOR * tookMs);
  }

  /** A turn that fails takes none from the others. */
  private async takeTurn({ paced, round }: DueTurn): Promise<void> {
    try {
      if (this.work.isDue('live')) await this.work.pause();
      await paced.takeTurn(round, this.work);
    } catch (error) {
      log().error({ err: error }, 'the turn of a stream failed');
    }
  }

  private cancel(paced: Paced): void {
    for (const [due, turn] of this.turns) {
      if (!turn.paced.delete(paced)) continue;
      if (turn.paced.size > 0) return;
      turn.cancel();
      this.turns.delete(due);
      return;
    }
  }
}
