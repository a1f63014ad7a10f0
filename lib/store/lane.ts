import { setMaxListeners } from 'node:events';
import type { ISql, Sql } from 'postgres';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import { currentRequestId } from '../observe/request-id';
import type { ConnectOptions } from './connection';
import type { Endpoint } from './endpoint';
import { FairQueue } from './fair-queue';
import { isFromServer, noAnswer, type Purpose, tooManyWaiting, toPulseError } from './pg-errors';
import { Session } from './session';
import type { Failure, WatchedCall } from './watchdog';

/** More callers than this are not kept waiting for a connection. */
const MOST_WAITING = 1_000;
const RETRY_AFTER_MS = SECOND;

/** Does work on one connection, which nobody else uses meanwhile. */
export type Run<S extends ISql = Sql> = <T>(work: (sql: S) => Promise<T>) => Promise<T>;

export interface LaneOptions {
  endpoint: Endpoint;
  purpose: Purpose;
  /** The most connections; each is opened when it is needed. */
  sessions: number;
  connect: ConnectOptions;
  /** Settings of each connection, where the server accepts any. */
  parameters: Record<string, string | number>;
  /** The longest that a caller waits, ms, the wait for a connection included. */
  limitMs: number;
  /** Whether work may pause between two statements for long: then an idle connection is not a lost one. */
  mayPause?: boolean;
  /** Whether each piece of work gets a new connection. */
  isFresh?: boolean;
}

export interface CallOptions {
  /** Instead of the lane's own. */
  limitMs?: number;
  /** Ends the call when it aborts: nobody waits for the answer any more. */
  signal?: AbortSignal;
}

export interface LaneFigures {
  running: number;
  waiting: number;
  /** Calls that ended without an answer since the start. */
  givenUp: number;
}

/**
 * A pool of connections for one kind of work. Every call has a timeout, which includes the wait for a connection; a
 * call that ends early is cancelled on the server. While all connections are busy, callers wait in a fair queue: each
 * request has one place in it, however many calls it makes.
 */
export class Lane {
  private readonly free: Session[] = [];
  private readonly sessions = new Set<Session>();
  private readonly waiting = new FairQueue<Call<unknown>>();
  private givenUp = 0;
  private isClosed = false;

  constructor(private readonly options: LaneOptions) {}

  get figures(): LaneFigures {
    const { givenUp } = this;
    return { running: this.sessions.size - this.free.length, waiting: this.waiting.length, givenUp };
  }

  /**
   * Does work on a connection, when there is one.
   *
   * @throws PulseError `database_unavailable`; `too_expensive` when reading takes longer than it may, `too_busy` when
   *   there was no connection in that time, `client_closed` when the signal aborted; any other error as it is.
   */
  run<T>(
    work: (sql: Sql) => Promise<T>,
    { limitMs = this.options.limitMs, signal }: CallOptions = {},
  ): Promise<T> {
    const { endpoint, purpose, mayPause = false } = this.options;
    return new Promise<T>((resolve, reject) => {
      const call = new Call(work, {
        limitMs,
        isWatchedClosely: !mayPause,
        resolve: (value) => {
          done();
          resolve(value);
        },
        reject: (error) => {
          done();
          reject(toPulseError(error, purpose));
        },
        giveUp: (error) => this.giveUp(call as Call<unknown>, error),
        closeIdle: () => {
          for (const session of this.free) session.destroy();
        },
        timedOut: (isRunning) => timedOut(purpose, isRunning, limitMs),
      });
      const unwatch = endpoint.watchdog.watch(call);
      const leave = () => this.giveUp(call as Call<unknown>, abandoned());
      const done = () => {
        unwatch();
        signal?.removeEventListener('abort', leave);
      };
      // All questions of one request share a signal.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener('abort', leave);
      if (signal?.aborted) leave();
      else this.admit(call as Call<unknown>);
    });
  }

  /** Ends what is under way, and all connections. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (let call = this.waiting.shift(); call; call = this.waiting.shift()) call.fail(noAnswer());
    await Promise.all([...this.sessions].map((session) => session.close()));
  }

  private admit(call: Call<unknown>): void {
    if (this.isClosed) call.fail(noAnswer());
    else if (this.waiting.length >= MOST_WAITING) call.fail(tooManyWaiting());
    else {
      this.waiting.push(call.owner, call);
      this.serveNext();
    }
  }

  private serveNext(): void {
    while (this.waiting.length > 0) {
      const session = this.free.pop() ?? this.open();
      if (!session) return;
      void this.serve(this.waiting.shift()!, session);
    }
  }

  private open(): Session | null {
    const { endpoint, sessions, parameters, connect } = this.options;
    if (this.sessions.size >= sessions || this.isClosed) return null;
    const session = new Session(endpoint, parameters, connect);
    this.sessions.add(session);
    return session;
  }

  private async serve(call: Call<unknown>, session: Session): Promise<void> {
    await call.runOn(session);
    if (call.wasAnswered) this.options.endpoint.watchdog.noteAnswer();
    if (this.options.isFresh || this.isClosed) {
      this.sessions.delete(session);
      await session.close();
    } else this.free.push(session);
    this.serveNext();
  }

  private giveUp(call: Call<unknown>, error: PulseError): void {
    this.givenUp++;
    this.waiting.remove(call.owner, call);
    call.fail(error);
  }
}

/** The call timed out. */
export class CallTimeout extends PulseError {}
/** The call's connection was lost: on another one it may succeed. */
export class ConnectionLost extends PulseError {}

interface CallParts<T> {
  limitMs: number;
  isWatchedClosely: boolean;
  resolve(value: T): void;
  reject(error: unknown): void;
  /** Has the call end with this error. */
  giveUp(error: PulseError): void;
  timedOut(isRunning: boolean): PulseError;
  /** Closes the connections that nobody uses: they may be lost, too. */
  closeIdle(): void;
}

/** One piece of work, from the call until its connection is free again. */
class Call<T> implements WatchedCall {
  readonly since = performance.now();
  readonly dueAt: number;
  readonly owner = currentRequestId() ?? '';
  /** Whether the database has said anything about it. */
  wasAnswered = false;
  private session: Session | null = null;
  /** Null when it is done: its data is large, and this object may live longer. */
  private work: ((sql: Sql) => Promise<T>) | null;
  private isSettled = false;
  private ending: Promise<void> | null = null;
  private announceEnd: () => void = () => {};
  private readonly ended = new Promise<void>((resolve) => {
    this.announceEnd = resolve;
  });

  constructor(
    work: (sql: Sql) => Promise<T>,
    private readonly parts: CallParts<T>,
  ) {
    this.work = work;
    this.dueAt = this.since + parts.limitMs;
  }

  get pid(): number | null {
    return this.parts.isWatchedClosely ? (this.session?.pid ?? null) : null;
  }

  /** Resolves when the connection is free again. */
  async runOn(session: Session): Promise<void> {
    this.session = session;
    try {
      await session.open();
      const value = await this.work!(session.sql);
      this.wasAnswered = true;
      this.settle(() => this.parts.resolve(value));
    } catch (error) {
      this.wasAnswered = isFromServer(error);
      this.settle(() => this.parts.reject(error));
    }
    this.work = null;
    this.announceEnd();
    // The cancellation of this call must not hit the next one on this connection.
    await this.ending;
  }

  /** Ends it with an error: the caller gets it at once, then the server cancels the statement. */
  fail(error: PulseError): void {
    this.settle(() => this.parts.reject(error));
    if (this.session) this.ending ??= this.session.cancel(this.ended);
  }

  end(failure: Failure): void {
    this.parts.giveUp(this.errorOf(failure));
  }

  private errorOf(failure: Failure): PulseError {
    if (failure === 'timeout') return this.parts.timedOut(this.session !== null);
    this.closeConnection();
    if (failure === 'no_answer') return noAnswer();
    this.parts.closeIdle();
    const { code, message, retryAfterMs } = noAnswer();
    return new ConnectionLost(code, message, { retryAfterMs });
  }

  /** Without a cancel request: no server would receive it. */
  private closeConnection(): void {
    this.ending ??= Promise.resolve();
    this.session?.destroy();
  }

  private settle(answer: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    answer();
  }
}

function timedOut(purpose: Purpose, isRunning: boolean, limitMs: number): PulseError {
  const seconds = Math.round(limitMs / SECOND);
  if (purpose === 'write')
    return new CallTimeout(
      'database_unavailable',
      `The database did not do this within ${seconds} s; try again later.`,
      {
        retryAfterMs: RETRY_AFTER_MS,
      },
    );
  if (!isRunning) return asTimeout(tooManyWaiting());
  return new CallTimeout(
    'too_expensive',
    `The database takes more than ${seconds} s for this question: ask for a shorter range, a coarser step or fewer series.`,
  );
}

function asTimeout({ code, message, retryAfterMs }: PulseError): CallTimeout {
  return new CallTimeout(code, message, { retryAfterMs });
}

function abandoned(): PulseError {
  return new PulseError('client_closed', 'Nobody waits for the answer any more.');
}
