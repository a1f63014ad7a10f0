import type { BusStatus } from '../../cluster/bus/bus';
import { isPulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Database } from '../../store/store';

/** The health of this node, as streams send it. */
export type Health = { state: 'live' } | { state: 'degraded'; reason: string };

export interface HealthListener {
  changed(): void;
  /** The database answers again; since `time`, epoch ms, new readers may have been answered from memory only. */
  databaseRecovered(time: number): void;
}

const CHECK_MS = 5 * SECOND;

/** Watches the database and the bus. */
export class HealthWatch {
  current: Health = { state: 'live' };
  private databaseError: string | null = null;
  private databaseErrorSince = 0;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private isChecking = false;
  private readonly unlisten: () => void;

  constructor(
    private readonly database: Pick<Database, 'ping'>,
    private readonly bus: Pick<BusStatus, 'state' | 'onState'>,
    private readonly now: () => number,
    private readonly listener: HealthListener,
  ) {
    this.unlisten = bus.onState(() => this.update());
  }

  /** Called about once a second while there are streams. */
  beat(now: number): void {
    if (this.isChecking || now - this.checkedAt < CHECK_MS) return;
    this.checkedAt = now;
    void this.checkDatabase();
  }

  close(): void {
    this.unlisten();
  }

  private async checkDatabase(): Promise<void> {
    this.isChecking = true;
    try {
      // Both: reads may have a replica, and either may be unreachable by itself.
      await Promise.all([this.database.ping('write'), this.database.ping('read')]);
      if (this.databaseError !== null) this.listener.databaseRecovered(this.databaseErrorSince);
      this.databaseError = null;
    } catch (error) {
      if (!isPulseError(error)) log().error({ err: error }, 'the database failed with an unknown error');
      // It may have begun at any time since the last check.
      if (this.databaseError === null) this.databaseErrorSince = this.now() - 2 * CHECK_MS;
      this.databaseError = isPulseError(error) ? error.code : 'database_unavailable';
    } finally {
      this.isChecking = false;
    }
    this.update();
  }

  private update(): void {
    const reason = this.databaseError ?? this.bus.state.reason;
    const isNews = reason !== (this.current.state === 'degraded' ? this.current.reason : null);
    this.current = reason === null ? { state: 'live' } : { state: 'degraded', reason };
    if (isNews) this.listener.changed();
  }
}
