import { isPulseError, PulseError } from '../model/errors';
import type { SampleColumns, SampleRows } from '../model/samples';
import { log } from '../observe/log';
import { outsideRequests } from '../observe/request-id';
import { buildBatch, type CommitBatch, type CommitResult, resultOf } from './commit-batch';

export interface CommitQueueOptions {
  /** `SampleStore.append`: commits rows and returns the positions of those that were there already. */
  append(rows: SampleRows): Promise<number[]>;
  /** Called after each commit, before its writers are answered. */
  onCommit(result: CommitResult): Promise<void> | void;
  /** Called when a commit failed and the database may have stored its rows all the same. */
  onUncertain(rows: SampleColumns): void;
  /** So many waiting rows start a commit at once. */
  batchRows?: number;
  /** How long a row waits for others while a commit is in flight. */
  gatherMs?: number;
  /** Commits in flight at a time, while they are quick. */
  maxInFlight?: number;
  /**
   * A commit that takes longer is slow. When all in flight are slow, one more starts; and another after this time
   * again.
   */
  slowMs?: number;
  /** Commits in flight at a time, however slow. */
  maxInFlightWhenSlow?: number;
  /** Rows waiting and in flight; beyond them writers get `queue_full`. */
  maxRows?: number;
}

export interface WriteOptions {
  /** When the writer began to wait, ms of `performance.now()`. */
  since?: number;
  /** How long it waits at most, ms. */
  answerMs?: number;
}

export interface CommitFigures {
  rowsWaiting: number;
  rowsInFlight: number;
  commitsInFlight: number;
  maxRows: number;
}

interface PendingWrite {
  rows: SampleColumns;
  since: number;
  dueAt: number;
  /** Whether its writer was rejected because it took too long. */
  isRefused: boolean;
  resolve(duplicates: number): void;
  reject(error: unknown): void;
}

/**
 * A writer is answered within this time, whatever the database does; a commit in flight goes on. Long enough for a
 * commit that waits for a checkpoint: a refused body would be sent again, to a database that is slow already.
 */
export const ANSWER_MS = 4_500;

const RETRY_AFTER_MS = 1_000;
const RETRY_PAUSE_MS = 100;
const RETRY_WITHIN_MS = 1_000;
const OVERDUE_CHECK_MS = 100;

/**
 * The group commit: requests wait a few milliseconds for a shared transaction, because a transaction per request
 * would cost a disk flush each. On an idle database a request is committed at once; under load, when a commit in flight
 * ends. A request is never split, so it is stored entirely or not at all.
 */
export class CommitQueue {
  private waiting: PendingWrite[] = [];
  /**
   * The writes of each commit in flight. Arrays that are made anew: what V8 leaves behind of a growing and shrinking
   * `Set` would keep every request alive until the next full collection, which made a write a sixth more expensive.
   */
  private inFlight: PendingWrite[][] = [];
  private overdueTimer: NodeJS.Timeout | undefined;
  private rowsWaiting = 0;
  private rowsInFlight = 0;
  /** When the newest commit in flight started, ms of `performance.now()`. */
  private newestStartedAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = 0;
  private startsThisTurn = false;
  private closed = false;
  private whenIdle: Array<() => void> = [];
  private readonly options: Required<CommitQueueOptions>;

  constructor(options: CommitQueueOptions) {
    this.options = {
      batchRows: 10_000,
      gatherMs: 10,
      maxInFlight: 2,
      slowMs: 500,
      maxInFlightWhenSlow: 10,
      maxRows: 200_000,
      ...options,
    };
  }

  get figures(): CommitFigures {
    const { rowsWaiting, rowsInFlight, inFlight } = this;
    return { rowsWaiting, rowsInFlight, commitsInFlight: inFlight.length, maxRows: this.options.maxRows };
  }

  /**
   * Resolves once the rows are committed, with how many of them were there already (in the database, or earlier
   * in the same commit). Rejects with `queue_full` or `shutting_down`: then none is kept; with `database_unavailable`
   * some may be kept, now or later.
   */
  write(
    rows: SampleColumns,
    { since = performance.now(), answerMs = ANSWER_MS }: WriteOptions = {},
  ): Promise<number> {
    const count = rows.series.length;
    if (count === 0) return Promise.resolve(0);
    if (this.closed)
      return Promise.reject(
        new PulseError('shutting_down', 'The server is stopping.', { retryAfterMs: RETRY_AFTER_MS }),
      );
    const { maxRows } = this.options;
    const busy = this.rowsWaiting + this.rowsInFlight;
    // A request larger than the whole queue may still pass alone.
    if (busy > 0 && busy + count > maxRows) {
      const message = `The write queue is full (${busy} samples wait for the database). Send the same body again later.`;
      return Promise.reject(new PulseError('queue_full', message, { retryAfterMs: RETRY_AFTER_MS }));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, since, dueAt: since + answerMs, isRefused: false, resolve, reject });
      this.overdueTimer ??= setInterval(() => this.answerOverdue(), OVERDUE_CHECK_MS);
      this.rowsWaiting += count;
      this.schedule();
    });
  }

  /** Commits what waits, then refuses. Resolves when nothing is in flight. */
  async close(): Promise<void> {
    this.closed = true;
    this.schedule();
    if (this.rowsWaiting + this.rowsInFlight > 0)
      await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Decides when the waiting rows are committed: now, at the end of this turn of the event loop, or on a timer. */
  private schedule(): void {
    if (this.waiting.length === 0 || this.startsThisTurn) return;
    const { batchRows, gatherMs, slowMs } = this.options;
    const now = performance.now();
    const waited = now - this.waiting[0].since;
    if (this.isBusy(now)) this.wakeIn(this.newestStartedAt + slowMs - now);
    else if (this.closed || this.rowsWaiting >= batchRows || waited >= gatherMs) this.startCommit();
    else if (this.inFlight.length > 0) this.wakeIn(gatherMs - waited);
    else this.startThisTurn();
  }

  /** Whether waiting rows have to wait until a commit ends, or until all in flight are slow. */
  private isBusy(now: number): boolean {
    const { maxInFlight, maxInFlightWhenSlow, slowMs } = this.options;
    if (this.inFlight.length < maxInFlight) return false;
    return this.inFlight.length >= maxInFlightWhenSlow || now - this.newestStartedAt < slowMs;
  }

  /** Nothing is in flight: waits only for the requests of this turn of the event loop. */
  private startThisTurn(): void {
    this.startsThisTurn = true;
    setImmediate(() => {
      this.startsThisTurn = false;
      if (this.isBusy(performance.now())) this.schedule();
      else this.startCommit();
    });
  }

  private wakeIn(ms: number): void {
    // No further commit may start; the end of one calls `schedule`.
    if (this.inFlight.length >= this.options.maxInFlightWhenSlow) return;
    const at = performance.now() + ms;
    if (this.timer && this.timerAt <= at) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.schedule();
      },
      Math.max(1, ms),
    );
  }

  private startCommit(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.takeBatch();
    // The samples are of several requests: log lines carry no request id.
    if (batch.length > 0) void outsideRequests(() => this.commit(batch));
    this.schedule();
  }

  private takeBatch(): PendingWrite[] {
    let rows = 0;
    let requests = 0;
    while (requests < this.waiting.length && rows < this.options.batchRows) {
      rows += this.waiting[requests++].rows.series.length;
    }
    const batch = this.waiting;
    this.waiting = batch.splice(requests);
    this.rowsWaiting -= rows;
    return batch;
  }

  private async commit(requests: PendingWrite[]): Promise<void> {
    const count = requests.reduce((sum, { rows }) => sum + rows.series.length, 0);
    this.rowsInFlight += count;
    this.newestStartedAt = performance.now();
    this.inFlight.push(requests);
    try {
      const batch = buildBatch(requests.map(({ rows }) => rows));
      const result = resultOf(batch, await this.append(batch));
      await this.options.onCommit(result);
      for (const [request, { resolve }] of requests.entries()) resolve(batch.duplicates[request]);
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      this.inFlight = this.inFlight.filter((each) => each !== requests);
      this.rowsInFlight -= count;
      this.schedule();
      if (this.rowsWaiting + this.rowsInFlight === 0) for (const idle of this.whenIdle.splice(0)) idle();
    }
  }

  /** Tries twice: appending is idempotent, so it can be repeated after a lost connection. */
  private async append(batch: CommitBatch): Promise<number[]> {
    const startedAt = performance.now();
    try {
      return await this.options.append(batch.rows);
    } catch (error) {
      // Not after a timeout: the writers have waited long enough.
      if (performance.now() - startedAt > RETRY_WITHIN_MS) throw this.failure(batch, error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    return this.options.append(batch.rows).catch((error) => {
      throw this.failure(batch, error);
    });
  }

  private failure({ rows, series }: CommitBatch, cause: unknown): PulseError {
    this.options.onUncertain({ series, timestamps: rows.timestamps, values: rows.values });
    if (isPulseError(cause)) return cause;
    log().error({ err: cause }, 'commit failed');
    const message = 'The database did not take the samples. Send them again later.';
    return new PulseError('database_unavailable', message, { cause, retryAfterMs: RETRY_AFTER_MS });
  }

  /** Rejects writers that have waited too long. A commit in flight goes on without them. */
  private answerOverdue(): void {
    const now = performance.now();
    const isOverdue = ({ dueAt, isRefused }: PendingWrite) => now >= dueAt && !isRefused;
    const overdue = this.waiting.filter(isOverdue);
    if (overdue.length > 0) this.waiting = this.waiting.filter((request) => !isOverdue(request));
    for (const request of overdue) {
      this.rowsWaiting -= request.rows.series.length;
      this.refuse(request, 'nothing was kept');
    }
    for (const request of this.inFlight.flatMap((requests) => requests.filter(isOverdue)))
      this.refuse(request, 'it may be kept later; what is there is not stored twice');
    if (this.waiting.length + this.inFlight.length > 0) return;
    clearInterval(this.overdueTimer);
    this.overdueTimer = undefined;
  }

  private refuse(request: PendingWrite, what: string): void {
    request.isRefused = true;
    const message = `The database is too slow to take this now; ${what}. Send it again later.`;
    request.reject(new PulseError('database_unavailable', message, { retryAfterMs: RETRY_AFTER_MS }));
  }
}
