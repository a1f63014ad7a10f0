import type { EndedSessionsRecord } from '../../records/ended-sessions';
import type { Session } from './session';

/**
 * Sessions that were signed out before they expired. A signed cookie is valid by itself, also a copied one: so the few
 * that were ended are remembered until they would have expired. Every process holds all of them, since each request
 * asks; the database holds those of all processes.
 */
export class EndedSessions {
  private readonly expiry = new Map<string, number>();
  private readonly unrecorded = new Map<string, Session>();
  private readonly listeners = new Map<string, Set<() => void>>();

  has(id: string): boolean {
    return this.expiry.has(id);
  }

  /** Ends a session in this process. `record` writes it to the database. */
  end(session: Session): void {
    if (this.has(session.id)) return;
    this.unrecorded.set(session.id, session);
    this.take(session);
  }

  /** Calls `listener` when the session is ended; returns the off-switch. */
  onEnd(id: string, listener: () => void): () => void {
    const listening = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listening.add(listener));
    return () => {
      listening.delete(listener);
      if (listening.size === 0) this.listeners.delete(id);
    };
  }

  /**
   * Records what was ended here and is not recorded yet.
   *
   * @throws PulseError `database_unavailable`: nothing is forgotten, and the next call records it.
   */
  async record(kept: Pick<EndedSessionsRecord, 'add'>): Promise<void> {
    for (const session of [...this.unrecorded.values()]) {
      await kept.add(session);
      this.unrecorded.delete(session.id);
    }
  }

  /** Records what was ended here, takes in what was ended elsewhere, forgets what has expired. */
  async sync(kept: EndedSessionsRecord, now: number): Promise<void> {
    await this.record(kept);
    for (const session of await kept.list(now)) this.take(session);
    for (const [id, until] of this.expiry) if (until <= now) this.expiry.delete(id);
  }

  private take({ id, until }: Session): void {
    if (this.has(id)) return;
    this.expiry.set(id, until);
    for (const listener of [...(this.listeners.get(id) ?? [])]) listener();
  }
}
