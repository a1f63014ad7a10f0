import { isPulseError, PulseError } from '../model/errors';
import type { SampleColumns, SampleRows } from '../model/samples';
import { log } from '../observe/log';
import { outsideRequests } from '../observe/request-id';
import { type Arranged, arrange, type CommitResult, split } from './arrange';

export interface CommitQueueOptions {
  /** `SampleStore.append`: commits rows and returns the positions of those that were there already. */
  append(rows: SampleRows): Promise<number[]>;
  /** Called after each commit, before its writers are answered. */
  onCommit(result: CommitResult): Promise<void> | void;
  /** Called when a commit failed in a way that leaves open whether the database took it. */
  onUncertain(rows: SampleColumns): void;
  /** Rows that make a commit leave at once. */
  batchRows?: number;
  /** How long a row waits for company while another commit is under way. */
  gatherMs?: number;
  /** Commits under way at the same time, while they are quick. */
  maxInFlight?: number;
  /** A commit that takes longer than this is slow: when all are, one more may leave, and again after as long. */
  slowMs?: number;
  /** Commits under way at the same time, however slow. */
  mostInFlight?: number;
  /** Rows waiting and under way; beyond them writers get `queue_full`. */
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

interface Waiting {
  rows: SampleColumns;
  since: number;
  dueAt: number;
  /** Whether its writer has been told that it takes too long. */
  isRefused: boolean;
  resolve(duplicates: number): void;
  reject(error: unknown): void;
}

/**
 * A writer has its answer within this, ms, whatever the database does; what is under way by then goes on. Long enough for
 * a commit that waits for a checkpoint: to refuse it would have it sent again, on top of what is slow already.
 */
export const ANSWER_MS = 4_500;

const RETRY_AFTER_MS = 1_000;
const RETRY_PAUSE_MS = 100;
const RETRY_WITHIN_MS = 1_000;
const LOOK_MS = 100;

/**
 * The group commit: requests wait a few milliseconds for a shared transaction, because a transaction per request
 * would cost a disk flush each. Alone on an idle database a request leaves at once; under load the commits under
 * way set the pace. A request is never split, so it is kept entirely or not at all.
 */
export class CommitQueue {
  private waiting: Waiting[] = [];
  /**
   * Those of each commit under way. Arrays that are made anew: what V8 leaves behind of a growing and shrinking `Set`
   * would keep every request alive until the next full collection, which made a write a sixth more expensive.
   */
  private underWay: Waiting[][] = [];
  private looking: NodeJS.Timeout | undefined;
  private rowsWaiting = 0;
  private rowsInFlight = 0;
  private commitsInFlight = 0;
  /** When the newest of the commits under way left, ms of `performance.now()`. */
  private leftAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private wakesAt = 0;
  private leavesThisTurn = false;
  private closed = false;
  private whenIdle: Array<() => void> = [];
  private readonly options: Required<CommitQueueOptions>;

  constructor(options: CommitQueueOptions) {
    this.options = {
      batchRows: 10_000,
      gatherMs: 10,
      maxInFlight: 2,
      slowMs: 500,
      mostInFlight: 10,
      maxRows: 200_000,
      ...options,
    };
  }

  get figures(): CommitFigures {
    const { rowsWaiting, rowsInFlight, commitsInFlight } = this;
    return { rowsWaiting, rowsInFlight, commitsInFlight, maxRows: this.options.maxRows };
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
      this.looking ??= setInterval(() => this.answerOverdue(), LOOK_MS);
      this.rowsWaiting += count;
      this.schedule();
    });
  }

  /** Commits what waits, then refuses. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.closed = true;
    this.schedule();
    if (this.rowsWaiting + this.rowsInFlight > 0)
      await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Decides when the rows that wait leave: now, at the end of this turn of the event loop, or on a timer. */
  private schedule(): void {
    if (this.waiting.length === 0 || this.leavesThisTurn) return;
    const { batchRows, gatherMs, slowMs } = this.options;
    const now = performance.now();
    const waited = now - this.waiting[0].since;
    if (this.isBusy(now)) this.wakeIn(this.leftAt + slowMs - now);
    else if (this.closed || this.rowsWaiting >= batchRows || waited >= gatherMs) this.leave();
    else if (this.commitsInFlight > 0) this.wakeIn(gatherMs - waited);
    else this.leaveThisTurn();
  }

  /** Whether the rows that wait have to wait for a commit to end, or for all under way to be slow. */
  private isBusy(now: number): boolean {
    const { maxInFlight, mostInFlight, slowMs } = this.options;
    if (this.commitsInFlight < maxInFlight) return false;
    return this.commitsInFlight >= mostInFlight || now - this.leftAt < slowMs;
  }

  /** Nothing under way: only the requests that this turn of the event loop still brings are worth waiting for. */
  private leaveThisTurn(): void {
    this.leavesThisTurn = true;
    setImmediate(() => {
      this.leavesThisTurn = false;
      if (this.isBusy(performance.now())) this.schedule();
      else this.leave();
    });
  }

  private wakeIn(ms: number): void {
    // As many as there may be: the end of one wakes.
    if (this.commitsInFlight >= this.options.mostInFlight) return;
    const at = performance.now() + ms;
    if (this.timer && this.wakesAt <= at) return;
    clearTimeout(this.timer);
    this.wakesAt = at;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.schedule();
      },
      Math.max(1, ms),
    );
  }

  private leave(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.takeBatch();
    // Several requests' samples: what is logged of it is about none of them alone.
    if (batch.length > 0) void outsideRequests(() => this.commit(batch));
    this.schedule();
  }

  private takeBatch(): Waiting[] {
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

  private async commit(requests: Waiting[]): Promise<void> {
    const count = requests.reduce((sum, { rows }) => sum + rows.series.length, 0);
    this.commitsInFlight++;
    this.rowsInFlight += count;
    this.leftAt = performance.now();
    this.underWay.push(requests);
    try {
      const batch = arrange(requests.map(({ rows }) => rows));
      const result = split(batch, await this.append(batch));
      await this.options.onCommit(result);
      for (const [request, { resolve }] of requests.entries()) resolve(batch.duplicates[request]);
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      this.underWay = this.underWay.filter((each) => each !== requests);
      this.commitsInFlight--;
      this.rowsInFlight -= count;
      this.schedule();
      if (this.rowsWaiting + this.rowsInFlight === 0) for (const idle of this.whenIdle.splice(0)) idle();
    }
  }

  /** Tried twice: appending is idempotent, so a connection lost in the middle may simply be asked again. */
  private async append(batch: Arranged): Promise<number[]> {
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

  private failure({ rows, series }: Arranged, cause: unknown): PulseError {
    this.options.onUncertain({ series, timestamps: rows.timestamps, values: rows.values });
    if (isPulseError(cause)) return cause;
    log().error({ err: cause }, 'commit failed');
    const message = 'The database did not take the samples. Send them again later.';
    return new PulseError('database_unavailable', message, { cause, retryAfterMs: RETRY_AFTER_MS });
  }

  /** Gives back what waits for too long, and lets go of the writers of what is under way for too long. */
  private answerOverdue(): void {
    const now = performance.now();
    const isOverdue = ({ dueAt, isRefused }: Waiting) => now >= dueAt && !isRefused;
    const overdue = this.waiting.filter(isOverdue);
    if (overdue.length > 0) this.waiting = this.waiting.filter((request) => !isOverdue(request));
    for (const request of overdue) {
      this.rowsWaiting -= request.rows.series.length;
      this.refuse(request, 'nothing was kept');
    }
    for (const request of this.underWay.flatMap((requests) => requests.filter(isOverdue)))
      this.refuse(request, 'it may be kept later; what is there is not stored twice');
    if (this.waiting.length + this.underWay.length > 0) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }

  private refuse(request: Waiting, what: string): void {
    request.isRefused = true;
    const message = `The database is too slow to take this now; ${what}. Send it again later.`;
    request.reject(new PulseError('database_unavailable', message, { retryAfterMs: RETRY_AFTER_MS }));
  }
}
