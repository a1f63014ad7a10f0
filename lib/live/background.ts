import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { Clock } from './clock';

export interface BackgroundWorker {
  workInBackground(): Promise<void>;
}

const RETRY_MS = 2 * SECOND;
/** A piece of work may have waited for a database that hung; what is late does not wait for minutes after it. */
const MOST_REST_MS = 10 * SECOND;

/**
 * Work of the live side outside the turns of its streams, one piece after the other and with rests in between: reads
 * must leave the database, and this process, time for writes.
 */
export class Background {
  private readonly waiting = new Set<BackgroundWorker>();
  private working: BackgroundWorker | null = null;
  private isBusy = false;
  private isClosed = false;
  private cancelRest: () => void = () => {};

  /** @param restFactor the rest after each piece of work, as a multiple of the time it took. */
  constructor(
    private readonly clock: Clock,
    private readonly restFactor: number,
  ) {}

  request(worker: BackgroundWorker): void {
    if (this.isClosed) return;
    this.waiting.add(worker);
    if (!this.isBusy) this.rest(0);
  }

  forget(worker: BackgroundWorker): void {
    this.waiting.delete(worker);
    if (this.working === worker) this.working = null;
  }

  close(): void {
    this.isClosed = true;
    this.waiting.clear();
    this.cancelRest();
  }

  private rest(ms: number): void {
    this.isBusy = true;
    this.cancelRest = this.clock.after(ms, () => {
      void this.workOnce();
    });
  }

  private async workOnce(): Promise<void> {
    const [worker] = this.waiting;
    this.isBusy = worker !== undefined;
    if (!worker) return;
    this.waiting.delete(worker);
    this.working = worker;
    const startedAt = performance.now();
    let restMs = 0;
    try {
      await worker.workInBackground();
      restMs = Math.min(MOST_REST_MS, this.restFactor * Math.max(1, performance.now() - startedAt));
    } catch (error) {
      log().warn({ err: error }, 'live points not read; trying again');
      // Unless it was forgotten meanwhile.
      if (this.working) this.waiting.add(worker);
      restMs = RETRY_MS;
    }
    if (!this.isClosed) this.rest(restMs);
  }
}
