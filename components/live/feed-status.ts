import { SECOND } from '@/lib/model/time/duration';
import type { StatusEvent } from '@/lib/model/wire/stream';
import type { Phase } from './connection';
import type { ServerClock } from './server-clock';

export interface FeedStatus {
  /** `idle`: nothing on this page is live. */
  readonly state: 'idle' | 'connecting' | 'live' | 'reconnecting' | 'stale';
  /** ms from a sample's commit to its arrival here, as last measured; null before the first. */
  readonly lagMs: number | null;
  /** Server time of the last message from the server; null before the first. */
  readonly heardAt: number | null;
  /** Why the server says it is degraded; null while it is well. */
  readonly degraded: string | null;
}

/** Without a message from the server for this long, what is on the screen is called stale. */
const STALE_AFTER_MS = 10 * SECOND;

export const IDLE: FeedStatus = { state: 'idle', lagMs: null, heardAt: null, degraded: null };

/** How fresh a tab's stream is; listeners are notified of changes. */
export class FeedStatusStore {
  private status = IDLE;
  private phase: Phase = 'idle';
  private lostAt: number | null = null;
  private heardAt: number | null = null;
  /** Of a change on its way here: in the server, until its next write; and from that write to here. */
  private waitMs = 0;
  private transitMs: number | null = null;
  private readonly listeners = new Set<() => void>();

  /** @param isWaiting whether there are queries that wait to be read again before they are streamed. */
  constructor(
    private readonly now: () => number,
    private readonly clock: ServerClock,
    private readonly isWaiting: () => boolean,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): FeedStatus => this.status;

  noteContact(): void {
    this.heardAt = this.now();
  }

  notePhase(next: Phase): void {
    if (next !== 'open' && this.phase === 'open') this.lostAt = this.now();
    if (next === 'open') this.lostAt = null;
    if (next === 'connecting' && this.lostAt === null && this.heardAt === null) this.lostAt = this.now();
    this.phase = next;
    this.refresh();
  }

  /** The page is back after a long absence: what it shows is old. */
  noteAbsence(): void {
    this.lostAt ??= this.now();
  }

  /** Points have come that the server sent at `id`, its time in ms. */
  notePoints(id: number): void {
    this.transitMs = Math.max(0, this.clock.now() - id);
    this.set({ lagMs: this.waitMs + this.transitMs });
  }

  noteServer({ state, lagMs, reason }: StatusEvent): void {
    this.waitMs = lagMs ?? 0;
    this.set({
      degraded: state === 'degraded' ? (reason ?? 'unknown') : null,
      lagMs: this.transitMs === null ? null : this.waitMs + this.transitMs,
    });
  }

  /** Brings up to date what depends on the time. */
  refresh(): void {
    const { heardAt } = this;
    this.set({ state: this.stateNow(), heardAt: heardAt === null ? null : heardAt + this.clock.offset });
  }

  private set(change: Partial<FeedStatus>): void {
    const next = { ...this.status, ...change };
    const isSame = (Object.keys(next) as (keyof FeedStatus)[]).every((key) => next[key] === this.status[key]);
    if (isSame) return;
    this.status = next;
    for (const listener of this.listeners) listener();
  }

  private stateNow(): FeedStatus['state'] {
    const { phase, lostAt } = this;
    if (phase === 'idle' && !this.isWaiting()) return 'idle';
    if (phase === 'open') return 'live';
    if (lostAt !== null && this.now() - lostAt >= STALE_AFTER_MS) return 'stale';
    // The stream is re-opened when panels come and go, which is not shown as a loss.
    if (phase === 'connecting') return this.status.state === 'live' ? 'live' : 'connecting';
    return this.heardAt === null ? 'connecting' : 'reconnecting';
  }
}
