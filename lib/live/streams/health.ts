import type { BusStatus } from '../../cluster/bus/bus';
import { isPulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { History } from '../../read/history';

/** How this node is, as streams tell it. */
export type Health = { state: 'live' } | { state: 'degraded'; reason: string };

export interface HealthListener {
  changed(): void;
  /** The database is back; since `time`, epoch ms, whoever came may have been answered from memory only. */
  databaseBack(time: number): void;
}

const CHECK_MS = 5 * SECOND;

/** Watches the database and the bus. */
export class HealthWatch {
  current: Health = { state: 'live' };
  private databaseTrouble: string | null = null;
  private troubleSince = 0;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private isChecking = false;
  private readonly unlisten: () => void;

  constructor(
    private readonly history: Pick<History, 'ping'>,
    private readonly bus: Pick<BusStatus, 'state' | 'onState'>,
    private readonly now: () => number,
    private readonly listener: HealthListener,
  ) {
    this.unlisten = bus.onState(() => this.update());
  }

  /** Called about once a second while there is anybody to tell. */
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
      await this.history.ping();
      if (this.databaseTrouble !== null) this.listener.databaseBack(this.troubleSince);
      this.databaseTrouble = null;
    } catch (error) {
      if (!isPulseError(error)) log().error({ err: error }, 'the database failed in a way nobody expected');
      // It may have begun any time since the last look.
      if (this.databaseTrouble === null) this.troubleSince = this.now() - 2 * CHECK_MS;
      this.databaseTrouble = isPulseError(error) ? error.code : 'database_unavailable';
    } finally {
      this.isChecking = false;
    }
    this.update();
  }

  private update(): void {
    const reason = this.databaseTrouble ?? this.bus.state.reason;
    const isNews = reason !== (this.current.state === 'degraded' ? this.current.reason : null);
    this.current = reason === null ? { state: 'live' } : { state: 'degraded', reason };
    if (isNews) this.listener.changed();
  }
}
