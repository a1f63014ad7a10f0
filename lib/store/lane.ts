import { setMaxListeners } from 'node:events';
import type { ISql, Sql } from 'postgres';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import { currentRequestId } from '../observe/request-id';
import type { ConnectOptions } from './connection';
import type { Endpoint } from './endpoint';
import { FairQueue } from './fair-queue';
import type { Watched } from './pulse';
import { Session } from './session';
import { crowded, isAnswer, type Purpose, silence, translate } from './trouble';

/** More callers than this are not kept waiting for a connection. */
const MOST_WAITING = 1_000;
const RETRY_AFTER_MS = SECOND;

/** Does work on one connection, which is nobody else's meanwhile. */
export type Run<S extends ISql = Sql> = <T>(work: (sql: S) => Promise<T>) => Promise<T>;

export interface LaneOptions {
  endpoint: Endpoint;
  purpose: Purpose;
  /** At most so many connections, each opened when it is needed. */
  sessions: number;
  connect: ConnectOptions;
  /** Settings of each connection, where it may bring some. */
  parameters: Record<string, string | number>;
  /** Callers are answered after so long at the latest, ms, waiting for a connection included. */
  limitMs: number;
  /** Whether work may sit between two statements for long: then an idle connection is no bad sign. */
  mayPause?: boolean;
  /** Whether every piece of work has a connection of its own. */
  isFresh?: boolean;
}

export interface CallOptions {
  /** Instead of the lane's own. */
  limitMs?: number;
  /** Gives the call up when it aborts: nobody waits for it any more. */
  signal?: AbortSignal;
}

export interface LaneFigures {
  running: number;
  waiting: number;
  /** Calls that were given up, since the start. */
  givenUp: number;
}

/**
 * Some connections to a database, and who may use them. Every call has a bound: it begins with the waiting for a
 * connection, and what is given up is ended on the server. While all connections are busy the callers wait in turn, those
 * of one request together as one.
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
   *   there was no connection in that time, `client_closed` when the signal aborted; or what `translate` does not know.
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
          reject(translate(error, purpose));
        },
        giveUp: (error) => this.giveUp(call as Call<unknown>, error),
        suspect: () => {
          for (const session of this.free) session.destroy();
        },
        late: (isRunning) => late(purpose, isRunning, limitMs),
      });
      const unwatch = endpoint.pulse.watch(call);
      const leave = () => this.giveUp(call as Call<unknown>, gone());
      const done = () => {
        unwatch();
        signal?.removeEventListener('abort', leave);
      };
      // All questions of one request have one.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener('abort', leave);
      if (signal?.aborted) leave();
      else this.admit(call as Call<unknown>);
    });
  }

  /** Ends what is under way, and all connections. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (let call = this.waiting.shift(); call; call = this.waiting.shift()) call.fail(silence());
    await Promise.all([...this.sessions].map((session) => session.close()));
  }

  private admit(call: Call<unknown>): void {
    if (this.isClosed) call.fail(silence());
    else if (this.waiting.length >= MOST_WAITING) call.fail(crowded());
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
    if (call.wasAnswered) this.options.endpoint.pulse.noteLife();
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

/** The call took longer than it may. */
export class Late extends PulseError {}
/** The call's connection was lost: on another one it may do. */
export class Lost extends PulseError {}

interface CallParts<T> {
  limitMs: number;
  isWatchedClosely: boolean;
  resolve(value: T): void;
  reject(error: unknown): void;
  /** Has the call end with this error. */
  giveUp(error: PulseError): void;
  late(isRunning: boolean): PulseError;
  /** The connections that nobody uses may be lost as well. */
  suspect(): void;
}

/** One piece of work, from its caller's question to its answer, and then until its connection is free again. */
class Call<T> implements Watched {
  readonly since = performance.now();
  readonly dueAt: number;
  readonly owner = currentRequestId() ?? '';
  /** Whether the database has said anything about it. */
  wasAnswered = false;
  private session: Session | null = null;
  /** Let go of when it is done: what it works on is large, and this object may be remembered for longer. */
  private work: ((sql: Sql) => Promise<T>) | null;
  private isSettled = false;
  private ending: Promise<void> | null = null;
  private announceEnd: () => void = () => {};
  private readonly end = new Promise<void>((resolve) => {
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

  /** Resolves when nothing of it is under way on the connection any more. */
  async runOn(session: Session): Promise<void> {
    this.session = session;
    try {
      await session.open();
      const value = await this.work!(session.sql);
      this.wasAnswered = true;
      this.settle(() => this.parts.resolve(value));
    } catch (error) {
      this.wasAnswered = isAnswer(error);
      this.settle(() => this.parts.reject(error));
    }
    this.work = null;
    this.announceEnd();
    // Whoever has the connection next must not be hit by what was meant for this.
    await this.ending;
  }

  /** Ends it with an error: for its caller at once, and on the server. */
  fail(error: PulseError): void {
    this.settle(() => this.parts.reject(error));
    if (this.session) this.ending ??= this.session.cancel(this.end);
  }

  expire(): void {
    this.parts.giveUp(this.parts.late(this.session !== null));
  }

  hang(): void {
    this.letGo();
    this.parts.giveUp(silence());
  }

  lose(): void {
    this.letGo();
    this.parts.suspect();
    const { code, message, retryAfterMs } = silence();
    this.parts.giveUp(new Lost(code, message, { retryAfterMs }));
  }

  /** There is nobody to ask to end it. */
  private letGo(): void {
    this.ending ??= Promise.resolve();
    this.session?.destroy();
  }

  private settle(tell: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    tell();
  }
}

function late(purpose: Purpose, isRunning: boolean, limitMs: number): PulseError {
  const seconds = Math.round(limitMs / SECOND);
  if (purpose === 'write')
    return new Late(
      'database_unavailable',
      `The database did not do this within ${seconds} s; try again later.`,
      {
        retryAfterMs: RETRY_AFTER_MS,
      },
    );
  if (!isRunning) return lateOf(crowded());
  return new Late(
    'too_expensive',
    `The database takes more than ${seconds} s for this question: ask for a shorter range, a coarser step or fewer series.`,
  );
}

function lateOf({ code, message, retryAfterMs }: PulseError): Late {
  return new Late(code, message, { retryAfterMs });
}

function gone(): PulseError {
  return new PulseError('client_closed', 'Nobody waits for the answer any more.');
}
