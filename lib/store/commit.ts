import type { Series } from '../catalogue/registry';
import { isPulseError, PulseError } from '../errors';
import { log } from '../log';
import { outsideRequests } from '../request-id';
import type { CommittedSamples } from '../ring/ring';
import { type Arranged, arrange } from './arrange';
import type { SampleRows } from './store';

/** Samples of one request, in columns: position `i` of each array is one sample. */
export interface WriteRows {
  series: Series[];
  timestamps: number[];
  values: number[];
}

/** What one commit brought: the rows this node stored, and those the database had already. */
export interface CommitResult {
  stored: CommittedSamples;
  alreadyThere: CommittedSamples;
}

export interface CommitQueueOptions {
  /** `Store.append`: commits rows and returns the positions of those that were there already. */
  append(rows: SampleRows): Promise<number[]>;
  /** Called after each commit, before its writers are answered. */
  onCommit(result: CommitResult): Promise<void> | void;
  /** Called when a commit failed in a way that leaves open whether the database took it. */
  onUncertain(rows: CommittedSamples): void;
  /** Rows that make a commit leave at once. */
  batchRows?: number;
  /** How long a row waits for company while another commit is under way. */
  gatherMs?: number;
  /** Commits under way at the same time. */
  maxInFlight?: number;
  /** Rows waiting and under way; beyond them writers get `queue_full`. */
  maxRows?: number;
  /** A row not yet under way is given back as `database_unavailable` after this long. */
  maxWaitMs?: number;
}

export interface CommitFigures {
  rowsWaiting: number;
  rowsInFlight: number;
  commitsInFlight: number;
  maxRows: number;
}

interface Waiting {
  rows: WriteRows;
  since: number;
  resolve(duplicates: number): void;
  reject(error: unknown): void;
}

const RETRY_AFTER_MS = 1_000;
const RETRY_PAUSE_MS = 100;
const RETRY_WITHIN_MS = 2_000;

/**
 * The group commit: requests wait a few milliseconds for a shared transaction, because a transaction per request
 * would cost a disk flush each. Alone on an idle database a request leaves at once; under load the commits under
 * way set the pace. A request is never split, so it is kept entirely or not at all.
 */
export class CommitQueue {
  private waiting: Waiting[] = [];
  private rowsWaiting = 0;
  private rowsInFlight = 0;
  private commitsInFlight = 0;
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
      maxRows: 200_000,
      maxWaitMs: 5_000,
      ...options,
    };
  }

  get figures(): CommitFigures {
    const { rowsWaiting, rowsInFlight, commitsInFlight } = this;
    return { rowsWaiting, rowsInFlight, commitsInFlight, maxRows: this.options.maxRows };
  }

  /**
   * Resolves once the rows are committed, with how many of them were there already (in the database, or earlier
   * in the same commit). Rejects with `queue_full`, `database_unavailable` or `shutting_down`: then none is kept.
   */
  write(rows: WriteRows): Promise<number> {
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
      this.waiting.push({ rows, since: performance.now(), resolve, reject });
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
    const { batchRows, gatherMs, maxInFlight, maxWaitMs } = this.options;
    const waited = performance.now() - this.waiting[0].since;
    if (this.commitsInFlight >= maxInFlight) this.wakeIn(maxWaitMs - waited);
    else if (this.closed || this.rowsWaiting >= batchRows || waited >= gatherMs) this.leave();
    else if (this.commitsInFlight > 0) this.wakeIn(gatherMs - waited);
    else this.leaveThisTurn();
  }

  /** Nothing under way: only the requests that this turn of the event loop still brings are worth waiting for. */
  private leaveThisTurn(): void {
    this.leavesThisTurn = true;
    setImmediate(() => {
      this.leavesThisTurn = false;
      if (this.commitsInFlight < this.options.maxInFlight) this.leave();
      else this.schedule();
    });
  }

  private wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.timer && this.wakesAt <= at) return;
    clearTimeout(this.timer);
    this.wakesAt = at;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.giveBackOverdue();
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
    try {
      const batch = arrange(requests.map(({ rows }) => rows));
      const result = split(batch, await this.append(batch));
      await this.options.onCommit(result);
      for (const [request, { resolve }] of requests.entries()) resolve(batch.duplicates[request]);
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
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

  private giveBackOverdue(): void {
    const now = performance.now();
    while (this.waiting.length > 0 && now - this.waiting[0].since >= this.options.maxWaitMs) {
      const { rows, reject } = this.waiting.shift()!;
      this.rowsWaiting -= rows.series.length;
      const message = 'The database is too slow to take this now; nothing was kept. Send it again later.';
      reject(new PulseError('database_unavailable', message, { retryAfterMs: RETRY_AFTER_MS }));
    }
  }
}

/** Counts the database's duplicates to the requests that brought them, and parts them from what was stored. */
function split({ rows, series, requestOf, duplicates }: Arranged, positions: number[]): CommitResult {
  const { timestamps, values } = rows;
  if (positions.length === 0) {
    return {
      stored: { series, timestamps, values },
      alreadyThere: { series: [], timestamps: [], values: [] },
    };
  }
  const isDuplicate = new Uint8Array(series.length);
  for (const position of positions) isDuplicate[position] = 1;
  const result: CommitResult = {
    stored: { series: [], timestamps: [], values: [] },
    alreadyThere: { series: [], timestamps: [], values: [] },
  };
  for (let i = 0; i < series.length; i++) {
    const side = isDuplicate[i] ? result.alreadyThere : result.stored;
    if (isDuplicate[i]) duplicates[requestOf[i]]++;
    side.series.push(series[i]);
    side.timestamps.push(timestamps[i]);
    side.values.push(values[i]);
  }
  return result;
}
